"""Docstrings of the rooms: a short first line, in the field's words (CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "adapters",
    "analysis",
    "benchmarks",
    "decisions",
    "features",
    "measurement",
    "otokui",
    "pipelines",
    "scoring",
    "serving",
    "simulator",
    "tools",
    "training",
)
MOST_WORDS = 15
RIDDLES = re.compile(
    r"what is short|of late\b|looked at\b|at stake\b|who may be kept|made again|those who\b|whoever\b"
    r"|\b(?:this|the) (?:file|page|road|door|room|table|book|list) says\b|\bomens?\b|\btolls?\b(?!-free)|\bforeseen\b|\bwalked\b",
    re.IGNORECASE,
)
"""Words that vocabulary.md replaces; they stay in released settings and columns, which stand in backticks."""

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def first_line(docstring: str) -> str:
    """Return the first sentence, up to its period or the first blank line."""
    paragraph = " ".join(docstring.strip().split("\n\n")[0].split())
    match = re.match(r"(.*?\.)(?=\s|$)", paragraph)
    return match[1] if match else paragraph


def is_feature(node: Documented) -> bool:
    """Return whether a function declares a feature; its docstring is the feature's translated name (``features.feature``)."""
    decorators = [] if isinstance(node, ast.Module) else node.decorator_list
    return any(isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "feature" for each in decorators)


def documented(node: Documented, name: str) -> Iterator[tuple[str, str]]:
    """Yield names and docstrings of a module, its classes and its public functions, features excepted."""
    docstring = ast.get_docstring(node)
    if docstring and not is_feature(node):
        yield name, docstring
    for each in node.body:
        if isinstance(each, ast.ClassDef) or (isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not each.name.startswith("_")):
            yield from documented(each, f"{name}.{each.name}")


def docstrings(room: str, root: Path = ROOT) -> list[tuple[str, str]]:
    """Return names and docstrings of all modules of a room."""
    paths = sorted((root / room).rglob("*.py"))
    trees = [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]
    return [each for path, tree in trees for each in documented(tree, str(path.relative_to(root)))]


@pytest.mark.parametrize("room", ROOMS)
def test_first_lines_are_short(room: str) -> None:
    """The first line of a docstring has at most fifteen words."""
    every = docstrings(room)
    long = [f"{name}: {first_line(text)}" for name, text in every if len(first_line(text).split()) > MOST_WORDS]

    assert every
    assert not long, "\n".join(long)


@pytest.mark.parametrize("room", ROOMS)
def test_docstrings_use_the_words_of_the_field(room: str) -> None:
    """No docstring holds a word that vocabulary.md replaces, outside backticks."""
    riddles = [f"{name}: {match[0]}" for name, text in docstrings(room) if (match := RIDDLES.search(re.sub(r"`+[^`]*`+", "", text)))]

    assert not riddles, "\n".join(riddles)


def test_a_long_first_line_and_a_riddle_are_found(tmp_path: Path) -> None:
    """The rule sees methods, long sentences and sentences over several lines, and leaves private functions alone."""
    folder = tmp_path / "room"
    folder.mkdir()
    (folder / "stem.py").write_text(
        '"""Shadow prices: short.\n\nA second paragraph may have as many words as it needs, for it is not the first line at all."""\n'
        "class Prices:\n"
        '    """Prices of one and two and three and four\n    and five and six and seven and eight."""\n'
        "    def public(self):\n"
        '        """Return the tolls of what is short."""\n'
        "    def _private(self):\n"
        '        """What is short."""\n'
    )
    every = docstrings("room", tmp_path)

    assert [name for name, _ in every] == ["room/stem.py", "room/stem.py.Prices", "room/stem.py.Prices.public"]
    assert [len(first_line(text).split()) for _, text in every] == [3, 17, 7]
    assert [bool(RIDDLES.search(text)) for _, text in every] == [False, False, True]
