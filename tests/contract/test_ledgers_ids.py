"""How every ledger must treat ids that are no ids: refused before any SQL, and never read as another customer's."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from otokui.domain import DAY, Instant
from otokui.errors import BadInput, Missing
from tests.contract.ledgers import NOW, consents, contact, ledger, place, suppression
from tests.fake_ledger import FakeLedger
from tests.places import taken

__all__ = ["ledger"]

ODD = ["ada\x00", "ada\x00eve", "\x00", "", " ada", "ada\n", "a\u0308da", "\ud800", "x" * 129, "a\u200bda"]


class TestAsked:
    @pytest.mark.parametrize("odd", ODD, ids=ascii)
    def test_an_odd_id_is_refused_and_never_reads_anothers_consent(self, ledger: Any, odd: str) -> None:
        """SQLite would cut it at the NUL and find ada's yes; PostgreSQL would fail as if it were down."""
        ledger.import_consents(consents(("ada", "email", True, 5)))

        with pytest.raises(BadInput, match="1 to 128 printable"):
            ledger.contact_state(["bob", odd], NOW)

    @pytest.mark.parametrize("odd", ODD, ids=ascii)
    def test_an_odd_id_takes_no_place(self, ledger: Any, odd: str) -> None:
        """A place that is not counted under its customer would let every cap be passed."""
        with pytest.raises(BadInput):
            taken(ledger, [place("a"), place("b", customer_id=odd)], NOW)
        with pytest.raises(BadInput):
            taken(ledger, [place(odd)], NOW)

        assert ledger.contact_state(["ada"], Instant(NOW + 1)).contacts_in_period.tolist() == [0]

    def test_an_odd_decision_id_is_not_looked_up(self, ledger: Any) -> None:
        """It may come from the path of a call."""
        if isinstance(ledger, FakeLedger):
            pytest.skip("the fake keeps no log")
        with pytest.raises(BadInput, match="decision id"):
            ledger.decision("d\x00")
        with pytest.raises(Missing):
            ledger.decision("d")


class TestImported:
    @pytest.fixture(autouse=True)
    def _of_a_database(self, ledger: Any) -> None:
        if isinstance(ledger, FakeLedger):
            pytest.skip("the fake sets nothing aside")

    def test_without_somebody_who_keeps_it_an_odd_row_is_refused_with_its_batch(self, ledger: Any) -> None:
        """Nothing is half-brought."""
        with pytest.raises(BadInput, match="not_an_id in column 'customer_id'"):
            ledger.import_consents(consents(("ada", "email", True, 5), ("eve\x00", "email", True, 5)), batch=1)

        assert ledger.last_batch("consents") == -1
        assert ledger.contact_state(["ada"], NOW).consented.tolist() == [[-1, -1]]

    def test_an_odd_row_is_set_aside_and_the_others_go_in(self, ledger: Any) -> None:
        """Bob's refusal arrives, whatever stands beside it."""
        aside: list[pl.DataFrame] = []
        rows = consents(("ada", "email", True, 5), ("eve\x00", "email", True, 5), ("bob", "email", False, 5))

        assert ledger.import_consents(rows, batch=1, set_aside=aside.append) == 2

        assert ledger.contact_state(["ada", "bob"], NOW).consented.tolist() == [[1, -1], [0, -1]]
        assert ledger.last_batch("consents") == 1
        assert [part.select("customer_id", "rule", "column", "forbids", "closed").rows() for part in aside] == [
            [("eve\x00", "not_an_id", "customer_id", False, False)]
        ]

    def test_ids_are_composed_and_texts_lose_their_nul(self, ledger: Any) -> None:
        """Records of earlier builds meet the calls of today."""
        ledger.import_consents(consents(("cafe\u0301", "email\x00", True, 5)))

        assert ledger.contact_state(["caf\u00e9"], NOW).consented.tolist() == [[1, -1]]

    @pytest.mark.parametrize(
        ("row", "blacklisted"),
        [
            ({"contact_id": "k\x00", "unsubscribed_at": NOW - 50}, [[1, 0]]),
            ({"message_id": "", "bounced_at": NOW - 50}, [[1, 0]]),
            ({"channel": "\x00", "unsubscribed_at": NOW - 50}, [[1, 1]]),
            ({"contact_id": "k\x00"}, [[0, 0]]),
        ],
    )
    def test_a_contact_that_says_no_closes_its_customer_though_it_cannot_be_taken(self, ledger: Any, row: Any, blacklisted: Any) -> None:
        """On its channel, or on all where it names none."""
        aside: list[pl.DataFrame] = []

        assert ledger.import_contacts(contact(NOW - DAY, **row), batch=1, set_aside=aside.append) == 0

        assert ledger.contact_state(["ada"], NOW).blacklisted.tolist() == blacklisted
        assert aside[0]["closed"].to_list() == [blacklisted[0][0] == 1]

    def test_a_refusal_or_suppression_that_cannot_be_taken_closes_its_customer(self, ledger: Any) -> None:
        """A consent without its time, and a blacklist entry whose channel is a novel."""
        frame = pl.DataFrame(
            {
                "customer_id": ["ada", "eve\x00"],
                "channel": ["sms"] * 2,
                "opted_in": [False] * 2,
                "changed_at": [None, 5],
                "known_at": [7, 7],
            },
            schema_overrides={"changed_at": pl.Int64},
        )
        aside: list[pl.DataFrame] = []

        assert ledger.import_consents(frame, set_aside=aside.append) == 0
        assert ledger.import_suppressions(suppression(customer_id="bob", channel="x" * 9_000), set_aside=aside.append) == 0

        assert ledger.contact_state(["ada", "bob"], NOW).blacklisted.tolist() == [[0, 1], [1, 1]]
        assert aside[0].select("forbids", "closed").rows() == [(True, True), (True, False)]

    def test_what_only_the_database_refuses_is_found_and_set_aside(self, ledger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Even where no rule of ours knows it: one row of a thousand, in one transaction."""
        from adapters.ledger.ingestion import unfit_rows

        monkeypatch.setattr(unfit_rows, "_REQUIRED", {"consents": (), "suppressions": (), "contacts": ()})
        rows = [(f"c{n:04d}", "email", True, 5 if n != 617 else None) for n in range(1_000)]
        frame = pl.DataFrame(rows, schema=["customer_id", "channel", "opted_in", "changed_at"], orient="row").with_columns(
            known_at=pl.lit(5), opted_in=pl.col("customer_id") != "c0617"
        )
        aside: list[pl.DataFrame] = []

        assert ledger.import_consents(frame, batch=1, set_aside=aside.append) == 999

        assert aside[0].select("customer_id", "rule", "forbids", "closed").rows() == [("c0617", "refused_by_ledger", True, True)]
        state = ledger.contact_state(["c0616", "c0617", "c0618"], NOW)
        assert (state.consented[:, 0].tolist(), state.blacklisted[:, 0].tolist()) == ([1, -1, 1], [0, 1, 0])
