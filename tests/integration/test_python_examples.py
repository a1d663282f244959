"""The Python that the README and the how-to show, run top to bottom on a small simulated shop."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import otokui.api
from otokui.errors import Conflict
from otokui.settings.settings import DEFAULTS, load
from pipelines.simulation.write_records import simulate
from simulator.worlds import load_world

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "how-to" / "use-from-python.md")


def blocks(page: Path) -> list[str]:
    """The Python of a page, in order."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pages read: purchases.csv of customers c-0, c-1, … until February 2025, and trial.parquet."""
    folder = tmp_path_factory.mktemp("python")
    simulate(folder / "records", load(DEFAULTS), load_world("default"), customers=80, days=400, seed=7)
    orders, lines = (pl.read_parquet(folder / "records" / table / "*.parquet") for table in ("orders", "order_lines"))
    spent = lines.group_by("order_id").agg(pl.col("paid_amount").sum())
    numbered = pl.format("c-{}", pl.col("customer_id").str.strip_prefix("u").cast(pl.Int64))
    bought = orders.filter(pl.col("cancelled_at").is_null()).join(spent, on="order_id").sort("ordered_at", "order_id")
    purchases = bought.select(numbered.alias("customer_id"), pl.col("ordered_at").dt.to_string("iso:strict"), "paid_amount")
    purchases.write_csv(folder / "purchases.csv")
    chance = np.random.default_rng(1)
    treatment, recency = chance.integers(0, 2, 1_000), chance.uniform(0.0, 90.0, 1_000)
    visited = (chance.random(1_000) < 0.2 + 0.2 * treatment).astype(int)
    trial = {"recency_days": recency, "purchase_count": chance.integers(1, 9, 1_000), "treatment": treatment, "visited": visited}
    pl.DataFrame(trial).write_parquet(folder / "trial.parquet")
    return folder


def test_the_pages_show_python() -> None:
    """The check can fail: a page whose blocks are not found would pass unread."""
    assert [len(blocks(page)) for page in PAGES] == [1, 4]
    assert len(blocks(PAGES[0])[0].splitlines()) == 10


def run(page: Path, folder: Path) -> dict[str, Any]:
    """Run the blocks of a page one after the other in a folder; return the names they made."""
    names: dict[str, Any] = {}
    with contextlib.chdir(folder):
        for number, block in enumerate(blocks(page)):
            exec(compile(block, f"{page.name}, block {number + 1}", "exec"), names)
    return names


@pytest.fixture(scope="module")
def readme(data: Path) -> dict[str, Any]:
    return run(PAGES[0], data)


def whole(names: dict[str, Any], data: Path) -> None:
    """Every customer who bought is foretold and decided about, by a dry run that leaves nothing."""
    buyers = sorted(pl.read_csv(data / "purchases.csv")["customer_id"].unique())
    predictions, decisions = names["predictions"], names["decisions"]
    assert predictions["customer_id"].to_list() == decisions["customer_id"].to_list() == buyers
    assert predictions["churn_probability"].is_between(0.0, 1.0).all()
    assert "inputs" not in decisions.columns


@pytest.mark.slow
class TestReadme:
    def test_it_runs_top_to_bottom(self, readme: dict[str, Any], data: Path) -> None:
        """As a reader would run it, in an empty folder with a file of purchases."""
        whole(readme, data)

    def test_a_run_that_reserves_is_kept(self, readme: dict[str, Any], data: Path) -> None:
        """The dry run left no folder; this one stands in the shop, and asked for again gives the same rows."""
        shop = otokui.api.Shop(data / "myshop")
        assert not (shop.folder / "decisions").exists()
        first = shop.decide(as_of="2025-02-10T09:00:00+09:00")
        assert (shop.folder / "decisions" / "2025-02-10T000000Z" / "manifest.json").is_file()
        assert shop.decide(as_of="2025-02-10T00:00:00+00:00").equals(first)
        assert shop.decide(as_of="2025-02-10T09:00:00+09:00", out=data / "dry", dry_run=True).height == first.height
        with pytest.raises(Conflict, match="another run"):
            shop.decide(as_of="2025-02-11", out=data / "dry", dry_run=True)


@pytest.mark.slow
def test_the_how_to_runs_top_to_bottom(data: Path) -> None:
    """With pandas, and the estimators after the shop."""
    names = run(PAGES[1], data)
    whole(names, data)
    assert names["uplift"].average_ == pytest.approx(0.2, abs=0.08)
    assert names["told"].to_dict()["decision"]["customer_id"] == "c-17"
