"""The closed loop through the command line, on a small shop: records as files in, decisions out, night after night."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli import app

QUICK = """
[training]
cutoffs = 2
rounds = 15
bags = 1
backtests = 0
"""
GAME = ("--customers", "700", "--days", "4", "--past-days", "100", "--retrain-days", "0", "--settle-days", "1", "--seed", "5")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("e2e")]


def run(*arguments: str | Path, fails: int = 0) -> str:
    """Run one verb and return what it printed."""
    result = CliRunner().invoke(app, ["--quiet", *map(str, arguments)])
    assert result.exit_code == fails, (result.output, result.exception)
    return result.stdout if fails == 0 else result.output


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The defaults, but for models that are made in seconds."""
    path = tmp_path_factory.mktemp("settings") / "otokui.toml"
    path.write_text(QUICK, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, settings: Path) -> tuple[Path, dict[str, Any]]:
    """A shop that has played, and what the verb said of it."""
    folder = tmp_path_factory.mktemp("play") / "shop"
    return folder, json.loads(run("simulate", "--play", folder, "--settings", settings, *GAME, "--json"))


def days(folder: Path) -> pl.DataFrame:
    """Return the days without what the machine took."""
    frame = pl.read_csv(folder / "play" / "days.csv")
    return frame.select([name for name in frame.columns if not name.startswith("seconds")])


class TestPlay:
    def test_a_fresh_shop_contacts_customers_and_breaks_no_rule(self, shop: tuple[Path, dict[str, Any]]) -> None:
        """By the referee's own reading of the records, on every one of the days."""
        _, told = shop

        assert told["contacts"] > 20
        assert (told["violations"], told["broken"]) == (0, {})

    def test_the_days_and_the_curve_lie_in_the_shop(self, shop: tuple[Path, dict[str, Any]]) -> None:
        """Four days of play and one of silence; the running profit ends at what the verb told."""
        folder, told = shop
        frame = days(folder)

        assert frame["playing"].to_list() == [True] * 4 + [False]
        assert frame["contacts"].sum() == told["contacts"]
        assert frame["running_profit"][-1] == pytest.approx(told["incremental_profit"])
        assert "<svg" in (folder / "play" / "curve.svg").read_text(encoding="utf-8")

    def test_the_records_hold_what_was_sent_and_who_was_held_back(self, shop: tuple[Path, dict[str, Any]]) -> None:
        """The next night learns from both: contacts with their chances, and the control group's."""
        folder, _ = shop
        contacts = pl.read_parquet(sorted((folder / "records" / "contacts").rglob("*.parquet")), hive_partitioning=False)
        groups = dict(contacts.unique("contact_id")["group"].value_counts().iter_rows())

        assert groups["treatment"] > 20
        assert groups.get("control", 0) + groups.get("scenario_control", 0) > 0
        assert contacts["action_probability"].is_between(0.0, 1.0).all()

    def test_the_same_seed_plays_the_same_days(self, shop: tuple[Path, dict[str, Any]], settings: Path, tmp_path: Path) -> None:
        """Models are made anew, and yet every day is the same."""
        run("simulate", "--play", tmp_path / "again", "--settings", settings, *GAME)

        assert days(tmp_path / "again").equals(days(shop[0]))

    def test_a_shop_that_has_records_is_left_alone(self, shop: tuple[Path, dict[str, Any]]) -> None:
        """Its customers are not mixed with those of a world."""
        assert "name a new folder" in run("simulate", "--play", shop[0], *GAME, fails=9)


def test_one_of_the_two_must_be_named(tmp_path: Path) -> None:
    """Either records are written, or a shop plays."""
    assert "--play SHOP" in run("simulate", "--days", "3", fails=2)
    assert "--play SHOP" in run("simulate", "--out", tmp_path / "a", "--play", tmp_path / "b", fails=2)
