"""A shop to which nothing was brought yet is told the simplest thing to bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.summaries.summary import summarise
from otokui.domain import CutoffDate
from otokui.errors import BadInput, Missing, NotEnoughData
from pipelines.model_training.train import last_known
from tests.unit.pipelines.ingesting import NOW, Shop


def test_training_and_the_report_ask_for_the_flat_table(tmp_path: Path) -> None:
    """Not for a table of lines that needs orders beside it."""
    with pytest.raises(NotEnoughData, match="nobody has bought yet") as told:
        last_known(Shop(tmp_path).source(), NOW)

    assert told.value.fix.startswith("run `otokui ingest --shop SHOP transactions=FILE`;")


@pytest.mark.parametrize(
    ("table", "fix"),
    [
        ("order_lines", "run `otokui ingest --shop SHOP transactions=FILE`, or bring orders=FILE and order_lines=FILE"),
        ("deliveries", "run `otokui ingest --shop SHOP transactions=FILE`, or bring orders=FILE and order_lines=FILE"),
        ("contact_outcomes", "run `otokui ingest --shop SHOP contacts=FILE`"),
        ("consents", "run `otokui ingest --shop SHOP consents=FILE`"),
    ],
)
def test_a_table_that_is_not_there_is_asked_for(tmp_path: Path, table: str, fix: str) -> None:
    """A stream that is derived, by the table it comes from; purchases, first as one flat table."""
    with pytest.raises(Missing) as told:
        Shop(tmp_path).source().frame(table, NOW)

    assert told.value.fix == fix


def test_there_is_nothing_to_summarise() -> None:
    """It says so in words, not as an empty list."""
    with pytest.raises(BadInput, match="there is nothing to summarise: the shop has no records") as told:
        summarise({}, CutoffDate(NOW))

    assert told.value.fix.startswith("run `otokui ingest --shop SHOP transactions=FILE`")
