"""The layout of the rooms, as tests: how many entries a folder shows, one name for one thing, and where a test is found."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = tuple(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
MOST_ENTRIES = 12
SHORT, MOST_SHORT = 40, 0.15
UNSEEN = {"__pycache__", "__init__.py", "py.typed"}
"""What nobody looks for in a folder."""


def modules(*rooms: str) -> Iterator[Path]:
    """Every module of the rooms, without the ``__init__.py`` of folders."""
    for room in rooms:
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if path.name != "__init__.py")


def crowded(root: Path, rooms: tuple[str, ...]) -> dict[str, int]:
    """Folders that show more than MOST_ENTRIES entries, with how many."""
    every = [folder for room in rooms for folder in [root / room, *(root / room).rglob("*")]]
    folders = [folder for folder in every if folder.is_dir() and folder.name not in UNSEEN]
    shown = {str(folder.relative_to(root)): sum(entry.name not in UNSEEN for entry in folder.iterdir()) for folder in folders}
    return {folder: count for folder, count in shown.items() if count > MOST_ENTRIES}


def classes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield node.name


def twice(named: Iterator[tuple[str, Path]]) -> dict[str, list[str]]:
    """Names that stand in more than one place, with the places."""
    places = defaultdict(list)
    for name, path in named:
        places[name].append(str(path.relative_to(ROOT)))
    return {name: found for name, found in places.items() if len(found) > 1}


def mirrored(test: Path, root: Path) -> bool:
    """Whether ``tests/unit/ROOM/FOLDER/test_STEM[_ASPECT].py`` has a module or a folder STEM beside it in ``ROOM/FOLDER``."""
    folder = root / test.relative_to(root / "tests" / "unit").parent
    words = test.stem.removeprefix("test_").split("_")
    stems = ("_".join(words[:size]) for size in range(len(words), 0, -1))
    return any((folder / f"{stem}.py").is_file() or (folder / stem / "__init__.py").is_file() for stem in stems)


class TestFolders:
    def test_none_shows_more_than_twelve_entries(self) -> None:
        """What does not fit on one look is looked through, not found."""
        assert crowded(ROOT, ROOMS) == {}

    def test_a_crowded_folder_is_seen(self, tmp_path: Path) -> None:
        """The check can fail: thirteen files are one too many, ``__init__.py`` apart."""
        (tmp_path / "room").mkdir()
        for name in ("__init__", *"abcdefghijklm"):
            (tmp_path / "room" / f"{name}.py").touch()
        assert crowded(tmp_path, ("room",)) == {"room": 13}

    @pytest.mark.parametrize("room", ROOMS)
    def test_each_says_what_it_is_for(self, room: str) -> None:
        """Every folder with modules is a package whose docstring names its subject."""
        silent = [
            str(folder.relative_to(ROOT))
            for folder in sorted({path.parent for path in modules(room)})
            if not (folder / "__init__.py").is_file()
            or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
        ]
        assert silent == []


class TestNames:
    def test_no_class_name_stands_twice_in_the_product(self) -> None:
        """One class name, one meaning; private classes count too, since a search finds them all the same."""
        assert twice((name, path) for path in modules(*ROOMS) for name in classes(path)) == {}

    @pytest.mark.parametrize("room", ROOMS)
    def test_no_stem_stands_twice_in_a_room(self, room: str) -> None:
        """An editor's file search finds one file of a name; ``__main__`` is the language's."""
        assert twice((path.stem, path) for path in modules(room) if path.stem != "__main__") == {}


class TestUnitTests:
    def test_each_mirrors_a_module(self) -> None:
        """``decisions/value/uplift.py`` has ``tests/unit/decisions/value/test_uplift.py``; a further file adds an aspect to the name."""
        astray = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests" / "unit").rglob("test_*.py")) if not mirrored(path, ROOT)]
        assert astray == []

    def test_one_that_mirrors_nothing_is_seen(self, tmp_path: Path) -> None:
        """The check can fail: no module, no mirror; a further aspect of one that is there is fine."""
        (tmp_path / "room" / "folder").mkdir(parents=True)
        (tmp_path / "room" / "folder" / "stem.py").touch()
        tests = tmp_path / "tests" / "unit" / "room"
        assert mirrored(tests / "folder" / "test_stem.py", tmp_path)
        assert mirrored(tests / "folder" / "test_stem_when_empty.py", tmp_path)
        assert not mirrored(tests / "folder" / "test_steam.py", tmp_path)
        assert not mirrored(tests / "test_stem.py", tmp_path)


class TestSizes:
    def test_few_files_are_short(self) -> None:
        """A file under forty lines is often half an idea; at most fifteen in a hundred are."""
        lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*ROOMS)}
        short = sorted(name for name, count in lines.items() if count < SHORT)
        assert len(short) <= MOST_SHORT * len(lines), short


class TestEarlierNames:
    def test_models_registered_before_find_their_loader(self) -> None:
        """MLflow imports the loader by the name that stands in the registered model; that name goes on working."""
        earlier = importlib.import_module(".".join(("adapters", "mlflow_loader")))
        from adapters.models.registry import pyfunc_loader

        assert earlier._load_pyfunc is pyfunc_loader._load_pyfunc

    def test_moved_modules_count_under_their_first_name_in_the_fingerprint(self) -> None:
        """Every key of the table is a module that exists; where none does, the fingerprint would change and refuse every model."""
        text = (ROOT / "features" / "catalogue.py").read_text(encoding="utf-8")
        table = re.search(r"_EARLIER: Final = \{(.*?)\}", text, re.DOTALL)
        assert table is not None
        for module in re.findall(r'"([\w.]+)":', table[1]):
            assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
