"""The report of a shop's folder: records counted where they lie, evidence by digest, the newest run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from otokui.domain import Instant, Label
from pipelines.report.build import newest_run
from pipelines.report.data_quality import findings_of, tables_of
from pipelines.report.models.training_artifacts import evaluation_of, keep, keep_refused, plots_of, refused_of
from pipelines.report.view_model import DataQualityIssue, TableLine


class Records:
    """Two tables, as a record source gives them."""

    def tables(self) -> Sequence[str]:
        """One of them is derived and no table of the contract."""
        return ["orders", "deliveries", "products"]

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Orders have a time; products only become known."""
        if table == "orders":
            return nw.from_native(pl.LazyFrame({"order_id": ["1", "2"], "ordered_at": [10, 20], "known_at": [11, 25]}))
        return nw.from_native(pl.LazyFrame({"product_id": ["p"], "launched_at": [None], "known_at": [7]}))

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Nobody."""
        return []


def set_aside(folder: Path, table: str, batch: str, rules: list[str]) -> None:
    """Rows set aside by one batch."""
    (folder / table).mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"rule": rules, "column": ["c"] * len(rules)}).write_parquet(folder / table / f"{batch}.parquet")


class TestRecords:
    def test_a_line_for_each_table_of_the_contract(self, tmp_path: Path) -> None:
        """With its period, its last arrival, and what was set aside."""
        set_aside(tmp_path, "orders", "b1", ["negative_amount"] * 3)

        assert tables_of(Records(), Instant(100), tmp_path) == [
            TableLine("orders", 2, Instant(10), Instant(20), Instant(25), 3),
            TableLine("products", 1, None, None, Instant(7), 0),
        ]

    def test_findings_are_counted_over_batches(self, tmp_path: Path) -> None:
        """The rule's own words and its fix stand beside the count; a rule of another build is shown by its name."""
        set_aside(tmp_path, "orders", "b1", ["duplicate_key", "old_rule"])
        set_aside(tmp_path, "orders", "b2", ["duplicate_key"])

        first, second = findings_of(tmp_path)

        assert (first.table, first.rule, first.rows) == ("orders", "duplicate_key", 2)
        assert first.says
        assert first.fix
        assert second == DataQualityIssue("orders", "old_rule", 1)

    def test_nothing_was_set_aside(self, tmp_path: Path) -> None:
        """A shop without a quarantine has no findings."""
        assert findings_of(tmp_path / "quarantine") == []


class TestEvidence:
    def test_comes_back_by_digest(self, tmp_path: Path) -> None:
        """The champion's page never shows the challenger's pictures."""
        keep(tmp_path, Label.CHURN, "d1", {"gain.png": b"1"}, {"slices": {"bought_once": {"auc": 0.7}}})
        keep(tmp_path, Label.CHURN, "d2", {"gain.png": b"2"}, {})

        assert plots_of(tmp_path, Label.CHURN, "d1") == {"gain.png": b"1"}
        assert evaluation_of(tmp_path, Label.CHURN, "d1") == {"slices": {"bought_once": {"auc": 0.7}}}

    def test_what_was_never_kept_is_empty(self, tmp_path: Path) -> None:
        """A model that came from elsewhere is shown without pictures."""
        assert (plots_of(tmp_path, Label.CHURN, "d"), evaluation_of(tmp_path, Label.CHURN, "d"), refused_of(tmp_path)) == ({}, {}, {})

    def test_refusals_are_those_of_the_newest_run(self, tmp_path: Path) -> None:
        """A label that was trained since is no longer refused."""
        keep_refused(tmp_path, {Label.CHURN: "too few"})
        keep_refused(tmp_path, {Label.SPEND: "no amounts"})

        assert refused_of(tmp_path) == {"spend": "no amounts"}


def test_the_newest_finished_run_is_shown(tmp_path: Path) -> None:
    """One that was stopped has no manifest and does not count."""
    for name, at in (("old", 1_000), ("new", 2_000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
        os.utime(tmp_path / name / "manifest.json", (at, at))
    (tmp_path / "stopped").mkdir()

    assert newest_run(tmp_path) == tmp_path / "new"
    assert newest_run(tmp_path / "stopped") is None
