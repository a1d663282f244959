"""Contacts and those held back, as rows to learn from: windows, chances, and nothing known later than the contact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
import pytest

from adapters.shop_files.summary_files import read_batches
from decisions.candidates.message_affinity import MessageAffinities
from features import feature_names
from otokui.domain import DAY, Instant
from otokui.errors import NotEnoughData
from otokui.settings.settings import Settings, load
from pipelines.model_training.uplift_rows import candidate_cells, contact_rows
from tests.builders import contact, frame, line
from tests.fakes import FakeRecords
from training.uplift.contact_rows import ContactRows
from training.uplift.uplift_model import FEATURES

BEGAN = 1_700_000_000
THROUGH = Instant(BEGAN + 100 * DAY)


class PolarsEngine:
    """Carries out lazy frames of Polars."""

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> int:
        """Write them in the order of customers."""
        made: pl.DataFrame = frame.collect(backend="polars").to_native().sort("customer_id")
        made.write_parquet(path)
        return len(made)

    def read(self, path: Path) -> nw.LazyFrame[Any]:
        """Read them back."""
        return nw.from_native(pl.scan_parquet(path))


def rows(contacts: list[dict[str, object]], buys: dict[str, list[int]]) -> tuple[ContactRows, list[float]]:
    """Return the rows of e-mails of the message "second_purchase" (14 response days); buys: days of purchases by customer."""
    settings: Settings = load()
    lines = [line(BEGAN + day * DAY, customer_id=who, order_id=f"{who}-{day}") for who, days in buys.items() for day in days]
    told = [
        contact(**{"message_id": "second_purchase", "channel": "email", "contact_id": str(i)} | each) for i, each in enumerate(contacts)
    ]
    source = FakeRecords({"order_lines": frame("order_lines", lines), "contacts": frame("contacts", told)})
    bought = pl.DataFrame(
        [(who, BEGAN + day * DAY) for who, days in buys.items() for day in days], schema=["customer_id", "purchased_at"], orient="row"
    )
    leanings = MessageAffinities.compile(settings.messages, feature_names(), settings.predictions.horizons_days)
    found, after = contact_rows(
        source, PolarsEngine(), read_batches, leanings, bought, settings, candidate_cells(settings), THROUGH, anew=True
    )
    return found, after.tolist()


def sent(who: str, day: int, group: str = "treatment") -> dict[str, object]:
    at = BEGAN + day * DAY
    return {"customer_id": who, "sent_at": at, "known_at": at, "group": group}


class TestContactRows:
    def test_who_bought_in_time_and_who_after_it(self) -> None:
        """Fourteen days count as a response, the fourteen after them as the time it may have been taken from."""
        found, after = rows(
            [sent("ada", 10), sent("bob", 10), sent("cyd", 10, "control"), sent("dee", 10, "scenario_control")],
            {"ada": [1, 12], "bob": [1, 30], "cyd": [1], "dee": [1, 23, 25]},
        )

        assert found.outcome.tolist() == [1.0, 0.0, 0.0, 1.0]
        assert after == [0.0, 1.0, 0.0, 1.0]
        assert found.contacted.tolist() == [True, True, False, False]

    def test_what_is_not_over_is_left_out(self) -> None:
        """A contact of last week may still be answered."""
        found, after = rows([sent("ada", 10), sent("bob", 95), sent("cyd", 80, "control")], {"ada": [1], "bob": [1], "cyd": [1]})

        assert len(found) == 2
        assert np.isnan(after).tolist() == [False, True]

    def test_nothing_known_later_than_the_contact_is_seen(self) -> None:
        """The purchase after the contact is what is to be explained, so it does not count among those before."""
        found, _ = rows([sent("ada", 10), sent("bob", 10, "control")], {"ada": [1, 11], "bob": [1, 2, 20]})

        assert found.matrix[:, FEATURES.index("purchase_count")].tolist() == [1.0, 2.0]

    def test_contacts_of_late_are_those_before_the_contact(self) -> None:
        """Of a second contact a week after the first, the first, halving in fourteen days."""
        found, _ = rows([sent("ada", 10), sent("ada", 17), sent("bob", 17, "control")], {"ada": [1], "bob": [1]})

        assert found.of_late is not None
        assert found.of_late.tolist() == pytest.approx([0.0, 0.5**0.5, 0.0], abs=0.03)

    def test_contacts_without_anybody_held_back_teach_nothing(self) -> None:
        """They compare with nobody."""
        with pytest.raises(NotEnoughData, match="held back"):
            rows([sent("ada", 10), sent("bob", 12)], {"ada": [1], "bob": [1]})


def test_nothing_of_earlier_contacts_is_among_the_features() -> None:
    """Control groups have had no contacts: such a column would tell who is in one."""
    assert not [
        name for name in FEATURES if any(word in name for word in ("sent", "contact", "open_rate", "click", "conversion", "converted"))
    ]


def test_every_candidate_has_a_cell(tmp_path: Path) -> None:
    """Also the ones that were never sent: they start from what they share."""
    cells = candidate_cells(load())

    assert len(cells) == sum(len(message.channels) for message in load().messages)
    assert set(cells.levels) == {"objective", "scenario", "incentive", "channel"}
