"""POST /v1/decisions: what comes back, and what is written before it does."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from otokui.errors import SkewError
from serving.http.responses import Decision, DecisionReply

World = Any
"""tests/unit/serving/conftest.py"""


class TestAnswer:
    def test_every_customer_gets_one_row_in_the_order_asked(self, world: World) -> None:
        """Also the one nobody has heard of, and the one asked for twice."""
        reply = world.decide("bob", "nobody", "ada", "bob").json()

        assert [row["customer_id"] for row in reply["decisions"]] == ["bob", "nobody", "ada", "bob"]
        assert [row["known"] for row in reply["decisions"]] == [True, False, True, True]
        assert reply["decisions"][0] == reply["decisions"][3]

    def test_a_contact_says_what_when_where_and_why(self, world: World) -> None:
        """The fields of the contract, filled."""
        (row,) = world.decide("ada").json()["decisions"]

        assert (row["status"], row["message"]["message_id"], row["channel"]["name"]) == ("contact", "news", "email")
        assert row["as_of"] == "2025-04-01T12:00:00+09:00"
        assert row["timing"]["timezone"] == "Asia/Tokyo"
        assert row["reasons"]
        assert row["target"]["churn_probability"] == 0.25
        assert row["target"]["future_loyal_probability"] is None

    def test_answers_are_of_the_types_that_the_openapi_document_describes(self, world: World) -> None:
        """The schema is read from these types, so an answer they cannot hold would be a lie in the contract."""
        world.store.breaks_on = "cyd"
        reply = world.decide("ada", "nobody", "cyd", explain=True).content

        read = msgspec.json.decode(reply, type=DecisionReply, strict=True)

        assert [row.status for row in read.decisions] == ["contact", "suppressed", "error"]
        for row in json.loads(reply)["decisions"]:
            assert set(row) <= {field.name for field in msgspec.structs.fields(Decision)}

    def test_explain_shows_the_candidates_that_lost(self, world: World) -> None:
        """Each with what spoke against it: no consent for SMS; thanks are worth less."""
        (row,) = world.decide("ada", explain=True).json()["decisions"]

        told = {(c["message_id"], c["channel"]): (c["refused_by"], c["chosen"]) for c in row["candidates"]}
        assert told == {
            ("news", "email"): ([], True),
            ("news", "sms"): (["no_consent"], False),
            ("thanks", "email"): ([], False),
            ("news", "site"): (["no_visit"], False),
        }

    def test_only_the_scenarios_and_channels_asked_for_are_offered(self, world: World) -> None:
        """A request may narrow what is said, never widen it."""
        (row,) = world.decide("ada", scenarios=["care"]).json()["decisions"]
        (none,) = world.decide("ada", channels=["sms"]).json()["decisions"]

        assert (row["message"]["message_id"], none["status"]) == ("thanks", "suppressed")

    def test_an_empty_context_is_none(self, world: World) -> None:
        """An old client that sends ``{}`` goes on working; the idempotency key names the same request."""
        key = {"Idempotency-Key": "once"}
        without = world.decide("ada", headers=key)

        reply = world.http.post("/v1/decisions", json={"customers": [{"customer_id": "ada", "context": {}}]}, headers=key)

        assert reply.content == without.content
        assert world.book.logged[0].context is None

    def test_one_customer_who_breaks_does_not_take_the_others_along(self, world: World) -> None:
        """Their row says error and what to do; nothing of it is logged."""
        world.store.breaks_on = "bob"

        rows = world.decide("ada", "bob").json()["decisions"]

        assert [row["status"] for row in rows] == ["contact", "error"]
        assert rows[1]["error"]["fix"].startswith("ask again")
        assert [entry.customer_id for entry in world.book.logged] == ["ada"]


class TestWriting:
    def test_a_contact_is_reserved_and_logged_with_what_replay_needs(self, world: World) -> None:
        """Place, summary row, ledger row, versions and the row as answered."""
        (row,) = world.decide("ada").json()["decisions"]

        (place,), (entry,) = world.book.reserved, world.book.logged
        assert (place.decision_id, place.customer_id, place.message_id, place.scenario, place.channel) == (
            row["decision_id"],
            "ada",
            "news",
            "news",
            "email",
        )
        assert (entry.decision_id, entry.status, entry.propensity, entry.models) == (row["decision_id"], "contact", 1.0, {"churn": "abc"})
        assert json.loads(entry.decision) == row
        assert json.loads(entry.contact_state)["consented"] == [1, 0, 0]
        assert json.loads(entry.contact_state)["last_contact_at"] is None
        assert len(entry.inputs) > 1_000

    def test_a_merged_customer_is_decided_as_the_surviving_one(self, world: World) -> None:
        """In the order asked, under the id asked for; one decision and one place of the person."""
        world.book.merged = {"old-ada": "ada"}

        old, bob, ada = world.decide("old-ada", "bob", "ada").json()["decisions"]

        assert (old["customer_id"], old["stands_for"], old["status"]) == ("old-ada", "ada", "contact")
        assert old == ada | {"customer_id": "old-ada", "stands_for": "ada"}
        assert ("stands_for" in bob, "stands_for" in ada) == (False, False)
        assert {entry.customer_id for entry in world.book.logged} == {"ada", "bob"}
        assert {place.customer_id for place in world.book.reserved} == {"ada", "bob"}

    def test_a_dry_run_writes_nothing(self, world: World) -> None:
        """The same decision, without place, log row or kept answer."""
        dry = world.decide("ada", dry_run=True, headers={"Idempotency-Key": "k"}).json()

        assert (world.book.reserved, world.book.logged, world.book.answers) == ([], [], {})
        assert dry["decisions"] == world.decide("ada").json()["decisions"]
        assert dry["dry_run"] is True

    def test_a_place_that_went_to_another_call_is_a_suppression(self, world: World) -> None:
        """Both the answer and the log say so; nothing is reserved."""
        world.book.full = {"bob"}

        ada, bob = world.decide("ada", "bob").json()["decisions"]

        assert (ada["status"], bob["status"], bob["suppressions"][0]["code"]) == ("contact", "suppressed", "contact_cap")
        assert bob["message"] is None
        assert [place.customer_id for place in world.book.reserved] == ["ada"]
        assert [entry.status for entry in world.book.logged] == ["contact", "suppressed"]

    @pytest.mark.parametrize("broken", ["unreadable", "unwritable"])
    def test_when_the_ledger_fails_nobody_is_contacted(self, world: World, broken: str) -> None:
        """Whether it cannot be read or not be written: a 200 that says state_unavailable."""
        setattr(world.book, broken, True)

        reply = world.decide("ada")

        (row,) = reply.json()["decisions"]
        assert (reply.status_code, row["status"], row["suppressions"][0]["code"]) == (200, "suppressed", "state_unavailable")
        assert world.book.reserved == []

    def test_a_keyed_call_waits_for_the_ledger(self, world: World) -> None:
        """Its key may have been answered before: a second reply with other bytes would be two answers to one call."""
        first = world.decide("ada", headers={"Idempotency-Key": "k"})
        world.book.unwritable = True
        during = world.decide("ada", headers={"Idempotency-Key": "k"})
        world.book.unwritable = False
        after = world.decide("ada", headers={"Idempotency-Key": "k"})

        assert (during.status_code, "retry-after" in during.headers) == (503, True)
        assert (first.status_code, first.content) == (200, after.content)


class TestIdempotency:
    def test_the_same_key_and_body_get_the_same_bytes_and_no_second_place(self, world: World) -> None:
        """A retry after a lost answer; the order of fields does not make it another request."""
        first = world.http.post("/v1/decisions", content=b'{"customers":[{"customer_id":"ada"}],"explain":false}', headers=key("k-1"))
        again = world.http.post("/v1/decisions", content=b'{"explain": false, "customers": [{"customer_id": "ada"}]}', headers=key("k-1"))

        assert first.status_code == again.status_code == 200
        assert first.content == again.content
        assert len(world.book.reserved) == len(world.book.logged) == 1

    def test_the_request_id_serves_as_key(self, world: World) -> None:
        """For callers who cannot set headers."""
        first, again = world.decide("ada", request_id="r"), world.decide("ada", request_id="r")

        assert first.content == again.content
        assert first.json()["request_id"] == "r"
        assert world.book.commits == 1

    def test_the_same_key_with_another_body_is_a_conflict(self, world: World) -> None:
        """A mistake of the caller's that must not pass in silence."""
        world.decide("ada", headers={"Idempotency-Key": "k"})

        reply = world.decide("bob", headers={"Idempotency-Key": "k"})

        assert (reply.status_code, reply.headers["content-type"]) == (409, "application/problem+json")
        assert reply.json()["fix"] == "send a new key"

    def test_a_retry_is_answered_though_newer_summaries_would_refuse_it(self, world: World) -> None:
        """The first answer counts for a day, whatever has been swapped since."""
        first = world.decide("ada", as_of="2025-04-01T09:30:00+09:00", headers={"Idempotency-Key": "k"})
        world.store.summarised_at = world.store.summarised_at + 86_400

        again = world.decide("ada", as_of="2025-04-01T09:30:00+09:00", headers={"Idempotency-Key": "k"})

        assert (again.status_code, again.content) == (200, first.content)

    def test_an_endless_key_is_refused(self, world: World) -> None:
        """A key is a name, not a body."""
        assert world.decide("ada", headers={"Idempotency-Key": "k" * 256}).status_code == 422


class TestTime:
    def test_as_of_before_the_summaries_is_refused(self, world: World) -> None:
        """Their rows know what happened since; the answer would use the future."""
        reply = world.decide("ada", as_of="2025-04-01T08:59:59+09:00")

        assert (reply.status_code, reply.json()["field"]) == (422, "$.as_of")

    def test_summaries_too_old_contact_nobody(self, world: World) -> None:
        """Four days later the row is a suppression that says why."""
        (row,) = world.decide("ada", as_of="2025-04-05T12:00:00+09:00").json()["decisions"]

        assert (row["status"], row["suppressions"][0]["code"]) == ("suppressed", "stale_summaries")


class TestUnready:
    def test_without_models_the_answer_is_503_and_when_to_come_again(self, world: World) -> None:
        """A shop that has not been trained."""
        world.app.state.live = None

        reply = world.decide("ada")

        assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
        assert "/readyz" in reply.json()["fix"] or "log" in reply.json()["fix"]

    def test_a_store_that_fails_is_503_without_its_details(self, world: World) -> None:
        """Paths and names of the machine stay in the log."""
        world.store.failure = SkewError("/srv/shop/online/snapshot holds other columns", fix="rm /srv/shop")

        reply = world.decide("ada")

        assert reply.status_code == 503
        assert "/srv" not in reply.text


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name, "Content-Type": "application/json"}
