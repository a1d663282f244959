"""How long lapsed reservations stay in the ledger, and which never go."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from adapters.ledger import open_ledger
from otokui.domain import DAY, Instant
from otokui.ports.reservations import Reservation
from otokui.settings.contacts.budget import Budget
from pipelines.decision_run.limits.lapsed_reservations import forget_lapsed
from tests.contract.ledgers import CHANNELS, MESSAGES, contact
from tests.places import placed

TODAY = Instant(1_000 * DAY)


def place(name: str, valid_until: int) -> Reservation:
    """One place of a customer of their own, reserved a day before it lapses."""
    return Reservation(name, name, "news", "news", "email", Instant(valid_until - DAY), Instant(valid_until))


def left(folder: Path) -> list[str]:
    """Return which reservations are still there."""
    with sqlite3.connect(folder / "ledger.db") as raw:
        return [name for (name,) in raw.execute("SELECT decision_id FROM reservations ORDER BY decision_id")]


@pytest.mark.parametrize(
    ("as_of", "longest_days", "kept"),
    [
        (TODAY, 30, ["live", "lapsed 90 days ago", "sent"]),
        (TODAY, 91, ["live", "lapsed 90 days ago", "lapsed 91 days ago", "sent"]),
        (Instant(TODAY - DAY), 30, ["live", "lapsed 90 days ago", "lapsed 91 days ago", "sent"]),
        (Instant(TODAY + 1_000 * DAY), 30, ["live", "lapsed 90 days ago", "sent"]),
    ],
    ids=["after ninety days", "longer where a cap or the budget counts longer", "as a run of yesterday needs", "a run for a day to come"],
)
def test_only_what_no_run_counts_any_more_goes(tmp_path: Path, as_of: Instant, longest_days: int, kept: list[str]) -> None:
    """What lapsed 92 days ago always goes; what was sent stays for the budget's period; what is live never goes."""
    with open_ledger(
        f"sqlite:///{tmp_path}/ledger.db",
        channels=CHANNELS,
        messages=MESSAGES,
        contact_cap=3,
        contact_cap_days=7,
        budget=Budget(money=1_000.0, period_days=30),
    ) as ledger:
        for name, until in (("live", 1), ("lapsed 90 days ago", -90), ("lapsed 91 days ago", -91), ("lapsed 92 days ago", -92)):
            moment = TODAY + until * DAY
            assert placed(ledger, [place(name, moment)], Instant(moment - DAY))[0]
        sent_at = TODAY - 92 * DAY
        assert placed(ledger, [place("sent", sent_at)], Instant(sent_at - DAY))[0]
        ledger.import_contacts(contact(sent_at, customer_id="sent", decision_id="sent"))

        forgotten = forget_lapsed(ledger, as_of, TODAY, kept_seconds=max(longest_days * DAY, ledger.caps.kept_seconds))

    assert left(tmp_path) == sorted(kept)
    assert forgotten == 5 - len(kept)
