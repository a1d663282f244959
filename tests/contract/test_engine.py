"""What keeps one decision engine one: who may compose its steps, how many arguments they take, and how deep they stand."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.contract.test_house import ROOMS, ROOT, imports

ROOM = "decisions"
MOST_FLOORS = 10
MOST_PARAMETERS = 5
ENGINE = "decisions.engine.engine"

STEPS = {
    "decisions.engine.decide.decide",
    "decisions.constraints.facts.constraint_context",
    "decisions.selection.demand.demand",
    "decisions.explanation.candidate_comparison.candidates_of",
    "decisions.selection.policy_probabilities.action_chances",
}
"""What the engine's methods do: nobody else calls them, but each other within the room."""
PREDICTING = {"scoring.score.predict_summaries", "scoring.score"}
WITHOUT_DECISIONS = {"pipelines.decision_run.predict", "pipelines.analytics.sales_forecast", "analysis.base_drivers"}
"""Who predicts and does not decide."""


def modules(root: Path = ROOT, rooms: tuple[str, ...] = ROOMS) -> dict[str, ast.Module]:
    """Return every module of some rooms by its dotted name."""
    return {
        ".".join(path.relative_to(root).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
        for room in rooms
        for path in sorted((root / room).rglob("*.py"))
    }


def floors(trees: Mapping[str, ast.Module]) -> dict[str, int]:
    """Return on which floor each module stands: one above the highest that it imports, counted from 1."""
    below = {name: {found for found in imports(tree) if found in trees and found != name} for name, tree in trees.items()}

    @cache
    def floor(name: str) -> int:
        return 1 + max(map(floor, below[name]), default=0)

    return {name: floor(name) for name in trees}


def parameters(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield each function and how many parameters it has, its own object or class left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            yield node.name, len(named) - (named[:1] in (["self"], ["cls"]))


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    """Every module of the product."""
    return modules()


class TestEngine:
    def test_nobody_else_composes_a_decision(self, trees: dict[str, ast.Module]) -> None:
        """Derive, predict, decide: who took these steps by hand would sooner or later differ in one of them."""
        guilty = {
            f"{name}: {found}"
            for name, tree in trees.items()
            for found in imports(tree)
            if (found in STEPS and not name.startswith(f"{ROOM}."))
            or (found in PREDICTING and name != ENGINE and (name not in WITHOUT_DECISIONS or _decides(tree)))
            or (found in {"features.derive", "features.vectors.derive", "scoring.predict"} and _decides(tree))
        }
        assert guilty == set()

    def test_who_decides_holds_an_engine(self, trees: dict[str, ast.Module]) -> None:
        """The service, the run over the whole base, explain, replay and the evaluation of policies."""
        holders = {name for name, tree in trees.items() if f"{ENGINE}.DecisionEngine" in imports(tree)}

        assert {
            "serving.handlers.decisions.pipeline",
            "serving.live.state",
            "pipelines.decision_run.nightly_run",
            "pipelines.decision_run.decision_operations",
            "pipelines.decision_run.limits.shadow_prices",
        } <= holders
        assert "pipelines.measurement.policy_evaluation.policy_operations" in holders

    def test_one_function_decides_again(self, trees: dict[str, ast.Module]) -> None:
        """Replay of the log over HTTP and on the command line, and of the files of a run, puts the engine of that day together once."""
        callers = {name for name, tree in trees.items() if f"{ENGINE}.made_again" in imports(tree)}

        assert callers == {"adapters.decision_archive.run_archive", "pipelines.decision_run.replay", "serving.live.decision_log"}

    def test_one_loop_reserves(self, trees: dict[str, ast.Module]) -> None:
        """Results of reservations close channels in one place only."""
        assert {name for name, tree in trees.items() if "decisions.engine.reservation.closed_by" in imports(tree)} == {
            "decisions.engine.reserve"
        }


class TestRoom:
    def test_no_function_takes_more_than_five_parameters(self, trees: dict[str, ast.Module]) -> None:
        """What travels together is one value: a batch, a part of the policy."""
        many = {
            f"{name}.{function}": count
            for name, tree in trees.items()
            if name.startswith(f"{ROOM}.")
            for function, count in parameters(tree)
            if count > MOST_PARAMETERS
        }
        assert many == {}

    def test_it_stands_on_no_more_than_ten_floors(self, trees: dict[str, ast.Module]) -> None:
        """The longest chain of imports within the room is what a newcomer has to read to understand its end."""
        high = {name: floor for name, floor in floors(modules(rooms=(ROOM,))).items() if floor > MOST_FLOORS}
        assert high == {}


class TestCounting:
    def test_floors_are_the_longest_chain(self) -> None:
        """Not the shortest way down, and whole modules are imported as well as names."""
        room = {"a": "", "b": "import a", "c": "from b import x\nimport a", "d": "from c import y"}

        assert floors({name: ast.parse(text) for name, text in room.items()}) == {"a": 1, "b": 2, "c": 3, "d": 4}

    def test_parameters_of_every_kind_count_but_the_object_itself(self) -> None:
        """Positional, keyword-only, and those of methods."""
        tree = ast.parse("def f(a, /, b, *, c): ...\nclass K:\n    def g(self, d): ...\n    @classmethod\n    def h(cls): ...")

        assert dict(parameters(tree)) == {"f": 3, "g": 1, "h": 0}


def _decides(tree: ast.Module) -> bool:
    return any(
        found.startswith(("decisions.engine.engine", "decisions.decision_table", "decisions.engine.decide")) for found in imports(tree)
    )
