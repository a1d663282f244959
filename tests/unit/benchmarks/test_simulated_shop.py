"""The comparison is fair before it is anything else: one morning, one chance, one set of rules for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from benchmarks.simulated_shop.match import COLD, COMPARED, LOGS, Length, Match, Scenario
from benchmarks.simulated_shop.page import NAME, write_page
from benchmarks.simulated_shop.table import interval, with_shares

PEERS = tuple(policy.name for policy in COMPARED)


@pytest.fixture(scope="module", params=[COLD, LOGS], ids=lambda s: s.name)
def match(request: pytest.FixtureRequest) -> Iterator[Match]:
    """A short match on a small shop."""
    scenario = Scenario(request.param.name, 150, request.param.past_policy)
    made = Match("default", 3, scenario, 300, Length(days=8, last=4, settle=3))
    yield made
    made.close()


@pytest.mark.slow
class TestMatch:
    def test_nobody_earns_exactly_nothing(self, match: Match) -> None:
        """Whatever was played before on the same morning."""
        match.run("random")

        outcome = match.outcome(match.run("nobody"))

        assert (outcome["profit"], outcome["expected"]) == (0.0, 0.0)

    def test_of_the_best_possible_the_most_promising_threshold_counts(self, match: Match) -> None:
        """And not the one on which luck smiled; whoever knows the truth is to be expected to earn more than who draws lots."""
        best, lots = (match.outcome(match.run(name)) for name in ("best_possible", "random"))

        assert best["expected"] > max(0.0, lots["expected"])

    @pytest.mark.parametrize("name", [*PEERS, "best_possible", "best_knowable"])
    def test_every_policy_but_everybody_keeps_all_rules(self, match: Match, name: str) -> None:
        """The send engine refuses; the referee finds nothing left to object to."""
        outcome = match.outcome(match.run(name))

        assert set(outcome["broken"]) <= (
            {"contact_cap", "channel_cap", "message_cap", "contact_spacing", "channel_spacing", "just_bought", "undelivered"}
            if name == "everybody"
            else set()
        )

    def test_the_same_policy_plays_the_same_game_again(self, match: Match) -> None:
        """Its chance is seeded, and the world's too."""
        first, again = (match.outcome(match.run("random")) for _ in range(2))

        assert (first["profit"], first["contacts"]) == (again["profit"], again["contacts"])


class TestTable:
    def test_shares_are_of_the_best_possible_of_the_same_match(self) -> None:
        """Where the best possible is silence, there is no share."""
        rows = [
            row("a", 1, "ours", 50.0),
            row("a", 1, "best_possible", 100.0),
            row("b", 1, "ours", -1.0),
            row("b", 1, "best_possible", 0.0),
        ]

        shares = with_shares(rows).filter(pl.col("policy") == "ours")["share_profit"].to_list()

        assert shares == [0.5, None]

    def test_the_interval_is_students(self) -> None:
        """Of 1, 2, 3 (a textbook's: 2 ± 4.303 × 1/√3); none for one value."""
        assert interval([1.0, 2.0, 3.0]) == pytest.approx((2.0, 2.484), abs=1e-3)
        assert repr(interval([5.0])) == "(5.0, nan)"

    def test_the_page_is_written_between_its_markers(self, tmp_path: Path) -> None:
        """Twice leaves one section, and what stands around it."""
        page = tmp_path / "benchmarks.md"
        page.write_text("# Benchmarks\n\nbefore\n", encoding="utf-8")
        frame = with_shares([row("a", 1, "ours", 50.0), row("a", 1, "best_possible", 100.0)])

        for _ in range(2):
            write_page(page, frame, ["ours", "best_possible"], "command")

        text = page.read_text(encoding="utf-8")
        assert (text.count(f"<!-- {NAME} -->"), text.count(f"<!-- /{NAME} -->"), text.count("| ours | 50 | 50% |")) == (1, 1, 1)
        assert text.startswith("# Benchmarks\n\nbefore\n")


def row(world: str, seed: int, policy: str, profit: float) -> dict[str, object]:
    """Return an outcome."""
    money = dict.fromkeys(("profit", "profit_kept", "profit_last", "profit_last_kept", "expected", "expected_kept"), profit)
    counts = dict.fromkeys(("contacts", "unsubscribed", "complaints", "violations"), 0.0)
    named = {"world": world, "seed": seed, "scenario": "cold", "policy": policy, "customers": 10, "days": 5, "broken": {}}
    return named | money | counts
