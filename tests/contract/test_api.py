"""The door for Python: nobody in the product goes through it, and opening it loads no model library."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import otokui.api

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = tuple(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
HEAVY = ("mlflow", "feast", "lightgbm", "sklearn", "bentoml", "matplotlib", "optuna", "pyspark")


def through_the_door(text: str) -> bool:
    """Whether a module imports ``otokui.api``, in any spelling."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return "otokui.api" in names


def test_nobody_in_the_product_imports_it() -> None:
    """The exception of the layers stays one: else rooms below would load those above, and circles would close."""
    modules = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert len(modules) > 100
    assert [str(path.relative_to(ROOT)) for path in modules if through_the_door(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("text", ["import otokui.api", "from otokui import api", "def f():\n    from otokui.api import Shop"])
def test_each_spelling_is_seen(text: str) -> None:
    """The check can fail."""
    assert through_the_door(text)


def test_the_exception_names_this_door_alone() -> None:
    """The contracts leave out one arrow, from one module to one folder."""
    left_out = [arrow for contract in PROJECT["tool"]["importlinter"]["contracts"] for arrow in contract.get("ignore_imports", [])]
    assert set(left_out) == {"otokui.api -> pipelines.api.*"}


def test_importing_it_loads_no_model_library() -> None:
    """Who only reads a frame does not wait seconds for MLflow or LightGBM."""
    code = f"import sys, otokui.api; print([name for name in {HEAVY!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_every_name_it_promises_is_there() -> None:
    """Estimators are found when asked for, and a name that is not there is said to be none."""
    assert {name: getattr(otokui.api, name).__name__ for name in otokui.api.__all__} == {
        "ChurnEstimator": "ChurnEstimator",
        "NextPurchaseEstimator": "NextPurchaseEstimator",
        "Shop": "PythonShop",
        "UpliftEstimator": "UpliftEstimator",
    }
    with pytest.raises(AttributeError, match="no attribute 'Store'"):
        otokui.api.Store  # noqa: B018
