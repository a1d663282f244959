"""Summaries to the online store: evidence first, then the rows, then the count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from decisions.compiler.evidence import FILE_NAME, Evidence
from otokui.domain import Instant
from otokui.errors import Conflict, Unavailable
from otokui.frames import Batch, texts
from pipelines.summaries.materialise import materialise
from pipelines.summaries.summarise import SummaryFile

CUTOFF = Instant(1_743_465_600)
SUMMARIES = SummaryFile(cutoff=CUTOFF, sequence=3, tables=("orders",), columns=("a",), rows=2, path=Path("summaries.parquet"))
TWO = Batch(texts(["ada", "bob"]), ("a",), np.ones((2, 1)))


def test_the_evidence_lies_there_before_the_rows_are_published(tmp_path: Path) -> None:
    """A service that meets the new summaries finds the evidence that belongs to them."""
    seen: list[Evidence] = []

    def shelf(parts: Iterator[Batch], summarised_at: Instant) -> tuple[str, int]:
        seen.append(Evidence.from_json((tmp_path / "online" / FILE_NAME).read_text()))
        return "v1", sum(map(len, parts))

    done = materialise(SUMMARIES, iter([TWO]), shelf, Evidence(CUTOFF, True), tmp_path / "online")

    assert (done.version, done.summarised_at, done.customers) == ("v1", CUTOFF, 2)
    assert (seen[0].cutoff, seen[0].delivery_tracked) == (CUTOFF, True)


def test_a_store_that_lost_rows_is_noticed(tmp_path: Path) -> None:
    """What the store says it holds is compared with what was summarised."""
    with pytest.raises(Unavailable, match="hold 2 customers and the online store 1"):
        materialise(SUMMARIES, iter([TWO]), lambda parts, at: ("v1", 1), Evidence(CUTOFF), tmp_path)


def test_evidence_of_another_night_is_refused(tmp_path: Path) -> None:
    """The nightly run and the service would compile different policies."""
    with pytest.raises(Conflict, match="different cut-offs"):
        materialise(SUMMARIES, iter([TWO]), lambda parts, at: ("v1", 2), Evidence(Instant(1)), tmp_path)
