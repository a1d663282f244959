"""One request at a ledger: places, log and answer together or not at all, and the same answer to the same request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from otokui.domain import DAY, HOUR, Instant
from otokui.errors import Conflict, Missing
from otokui.ports.ledger import LoggedDecision, RequestKey, Written
from otokui.ports.reservations import ReservationResult, Take
from tests.contract.ledgers import NOW, contact, ledger, place
from tests.places import taken

__all__ = ["ledger"]
KEY = RequestKey("request-1", "digest-of-body")


def logged(decision_id: str = "d1", **more: Any) -> LoggedDecision:
    """One decision with dull defaults."""
    row = {
        "decision_id": decision_id, "customer_id": "ada", "as_of": NOW, "summarised_at": Instant(NOW - DAY), "status": "contact",
        "message_id": "news", "channel": "email", "propensity": 0.9, "policy": "p1", "models": {"churn": "m1"},
        "inputs": b"\x00\xff", "contact_state": "{}", "decision": '{"status":"contact"}',
    }  # fmt: skip
    return LoggedDecision(**{**row, **more})


def writes(answer: bytes | None = None, *rows: LoggedDecision) -> Any:
    """Log some rows and answer, whatever is ruled."""
    return lambda rulings, take: (list(rows), answer)


class TestWriting:
    def test_what_is_logged_comes_back_as_it_was(self, ledger: Any) -> None:
        """With its place, in one transaction; without a key nothing is kept of the answer but what ``write`` says."""
        assert ledger.commit([place("d1")], NOW, writes(b"said", logged()), None, NOW) == b"said"

        assert ledger.decision("d1") == logged()
        assert taken(ledger, [place("d1")], NOW) == [True]

    def test_the_log_says_what_became_of_the_place(self, ledger: Any) -> None:
        """The rows are made inside the transaction, from what was ruled: one SMS in fourteen days."""

        def write(rulings: Sequence[ReservationResult], take: Take) -> Written:
            return [logged(f"d{n}", status="contact" if ruling else "suppressed") for n, ruling in enumerate(rulings)], None

        ledger.commit([place("d0", channel="sms"), place("d1", channel="sms")], NOW, write, None, NOW)

        assert [ledger.decision(d).status for d in ("d0", "d1")] == ["contact", "suppressed"]

    def test_who_was_refused_may_ask_for_another_place_in_the_same_transaction(self, ledger: Any) -> None:
        """By e-mail, where no SMS is left."""

        def write(rulings: Sequence[ReservationResult], take: Take) -> Written:
            assert [ruling.refused_by for ruling in rulings] == ["channel_cap"]
            (second,) = take([place("d2", channel="email")])
            return [], repr(bool(second)).encode()

        taken(ledger, [place("d1", channel="sms")], NOW)

        assert ledger.commit([place("d2", channel="sms")], NOW, write, None, NOW) == b"True"

    def test_when_writing_fails_no_place_is_taken(self, ledger: Any) -> None:
        """All or nothing."""

        def broken(rulings: Sequence[ReservationResult], take: Take) -> Written:
            take([place("d8", channel="email")])
            raise RuntimeError("the answer could not be made")

        with pytest.raises(RuntimeError):
            ledger.commit([place("d1", channel="sms")], NOW, broken, KEY, NOW)

        assert ledger.answered(KEY, NOW) is None
        assert taken(ledger, [place("d9", channel="sms")], NOW) == [True]

    def test_a_decision_that_is_not_logged_is_missing(self, ledger: Any) -> None:
        """The message says where else to look."""
        with pytest.raises(Missing, match="Parquet"):
            ledger.decision("nobody")


class TestAnswers:
    def test_the_same_request_gets_the_same_bytes_and_no_second_place(self, ledger: Any) -> None:
        """The second call computes nothing and writes nothing."""
        first = ledger.commit([place("d1")], NOW, writes(b"first", logged()), KEY, NOW)
        again = ledger.commit([place("d9", channel="sms")], NOW, writes(b"second", logged("d9")), KEY, NOW)

        assert (first, again, ledger.answered(KEY, NOW)) == (b"first", b"first", b"first")
        with pytest.raises(Missing):
            ledger.decision("d9")
        assert taken(ledger, [place("d8", channel="sms")], NOW) == [True]

    def test_a_key_with_another_body_is_a_conflict(self, ledger: Any) -> None:
        """It names a request, not a caller."""
        ledger.commit([], NOW, writes(b"no"), KEY, NOW)

        with pytest.raises(Conflict, match="another body"):
            ledger.answered(RequestKey("request-1", "other"), NOW)
        with pytest.raises(Conflict, match="another body"):
            ledger.commit([], NOW, writes(b"x"), RequestKey("request-1", "other"), NOW)

    def test_an_answer_is_kept_for_a_day(self, ledger: Any) -> None:
        """By the clock, whatever instant was asked about; after that the key is free."""
        ledger.commit([], Instant(NOW - 9 * DAY), writes(b"x"), KEY, NOW)

        assert ledger.answered(KEY, Instant(NOW + 24 * HOUR - 1)) == b"x"
        assert ledger.answered(KEY, Instant(NOW + 24 * HOUR)) is None
        assert ledger.commit([], NOW, writes(b"y"), KEY, Instant(NOW + 24 * HOUR)) == b"y"

    def test_a_call_without_an_answer_keeps_none(self, ledger: Any) -> None:
        """The key stays free."""
        assert ledger.commit([], NOW, writes(None), KEY, NOW) is None
        assert ledger.answered(KEY, NOW) is None


def test_lapsed_places_are_forgotten_and_what_was_sent_is_not_sent_again(ledger: Any) -> None:
    """Only those that lapsed before the instant; a decision whose place is gone is judged anew."""
    taken(ledger, [place("d1"), place("d2", customer_id="bob")], NOW)
    ledger.import_contacts(contact(NOW + 60, decision_id="d1"))

    assert ledger.forget_lapsed(Instant(NOW + DAY)) == 0
    assert ledger.forget_lapsed(Instant(NOW + DAY + 1)) == 2
    assert ledger.contact_state(["ada"], Instant(NOW + 2 * DAY)).contacts_in_period.tolist() == [1]
