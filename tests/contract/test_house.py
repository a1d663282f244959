"""The rules that hold the house up, each as a test: what is nobody's job to remember is checked here."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from otokui.settings import settings
from tools.lock import LOCK, faults

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = tuple(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
UNCODED = {".git", ".venv", "__pycache__", "build", "dist", "notebooks"}
LONGEST = 300

EXECUTABLE = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
"""Modules whose loaders run code that stands in the file."""


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (p for p in sorted((ROOT / folder).rglob("*.py")) if not UNCODED & set(p.parts[len(ROOT.parts) :]))


def tracked() -> list[Path]:
    """All files that a clone brings, and those about to be added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git working tree: which files are tracked cannot be known")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module


class TestPackages:
    def test_the_list_is_what_lies_there(self) -> None:
        """Every folder with an `__init__.py` is a room of the list or a tool; nothing travels unnamed."""
        there = {p.parent.name for p in ROOT.glob("*/__init__.py")}
        assert there - {"tools", "benchmarks"} == set(ROOMS)

    def test_every_tool_knows_every_room(self) -> None:
        """A room that mypy, import-linter, vulture or coverage does not look at is not held up."""
        tools = PROJECT["tool"]
        for listed in (
            tools["mypy"]["files"],
            tools["importlinter"]["root_packages"],
            next(contract["ancestors"] for contract in tools["importlinter"]["contracts"] if contract["id"] == "circles"),
            tools["vulture"]["paths"],
            tools["coverage"]["run"]["source"],
            tools["ruff"]["lint"]["isort"]["known-first-party"],
        ):
            assert set(ROOMS) <= set(listed)

    def test_what_vulture_is_told_to_leave_alone_is_there(self) -> None:
        """A name that is gone from the code would hide the next dead one of that name."""
        code = "\n".join(p.read_text(encoding="utf-8") for p in sources(*ROOMS, "tools", "benchmarks"))
        names = PROJECT["tool"]["vulture"]["ignore_names"]

        assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []
        assert len(set(names)) == len(names)

    @pytest.mark.parametrize("room", ROOMS)
    def test_every_room_says_what_it_is(self, room: str) -> None:
        """The docstring of a room's `__init__.py` is the first thing a newcomer reads."""
        assert ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8")))

    def test_the_folder_mlflow_holds_no_python(self) -> None:
        """Otherwise `import mlflow` would find our folder in the library's stead."""
        assert [p.name for p in (ROOT / "mlflow").rglob("*.py")] == []

    def test_import_mlflow_finds_the_library(self) -> None:
        """The folder of that name in the working directory is passed over."""
        from importlib.util import find_spec

        spec = find_spec("mlflow")
        assert spec is not None
        assert spec.origin is not None
        assert "site-packages" in spec.origin


class TestFiles:
    def test_none_is_longer_than_three_hundred_lines(self) -> None:
        """A file is one idea; what is longer holds two."""
        long = {
            str(p.relative_to(ROOT)): lines
            for p in sources(*ROOMS, "tools", "tests", "benchmarks")
            if (lines := len(p.read_text(encoding="utf-8").splitlines())) > LONGEST
        }
        assert long == {}

    def test_every_module_says_why_it_exists(self) -> None:
        """Also the migrations and the tools."""
        silent = [str(p.relative_to(ROOT)) for p in sources(*ROOMS, "tools") if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
        assert silent == []

    def test_every_test_says_what_it_shows(self) -> None:
        """One sentence each, so that a failure is read as a broken promise."""
        silent = [
            f"{path.relative_to(ROOT)}::{node.name}"
            for path in sources("tests")
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
        ]
        assert silent == []

    def test_every_test_can_fail(self) -> None:
        """Each asserts, expects an error or a warning, or calls a function of the tests that does."""
        assert _tests_that_assert_nothing() == []

    def test_none_names_a_machine_or_a_package_index(self) -> None:
        """A clone must work anywhere: no absolute path of ours, no host of a registry, in any tracked file."""
        hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("jfrog", "io"))]
        paths = ["/" + "/".join(parts) + "/" for parts in (("work", "main"), ("work", "shared"), ("root",), ("home", "[a-z]+"))]
        unwanted = re.compile("|".join([*map(re.escape, hosts), *paths, "--index" + "-url |--extra-index" + "-url "]))
        found = {}
        for path in tracked():
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            if hit := unwanted.search(text):
                found[str(path.relative_to(ROOT))] = hit[0]
        assert found == {}


class TestModelsAreData:
    def test_no_room_imports_a_loader_that_runs_code(self) -> None:
        """No pickle and nothing built on it, on any path (docs/adr/0002)."""
        guilty = {
            f"{path.relative_to(ROOT)}: {name}"
            for path in sources(*ROOMS)
            for name in imports(ast.parse(path.read_text(encoding="utf-8")))
            if name.split(".")[0] in EXECUTABLE
        }
        assert guilty == set()

    def test_no_room_lets_a_library_unpickle_for_it(self) -> None:
        """`pyfunc.load_model`, `pandas.read_pickle`, `numpy.load(allow_pickle=True)`, `torch.load` hide one."""
        hidden = re.compile(r"pyfunc\s*\.\s*load_model|read_pickle|allow_pickle\s*=\s*True|torch\.load|\.unpickle")
        guilty = [
            f"{path.relative_to(ROOT)}: {hit[0]}"
            for path in sources("otokui", "features", "scoring", "decisions", "adapters", "serving", "pipelines")
            if (hit := hidden.search(_code_only(path)))
        ]
        assert guilty == []


class TestDefaults:
    def test_the_file_says_what_the_code_says(self) -> None:
        """`otokui.toml` holds every default with a comment; where file and code disagree, one of them lies."""
        written = tomllib.loads((ROOT / "otokui.toml").read_text(encoding="utf-8"))
        in_code = settings.Settings().model_dump(mode="json", exclude={"channels", "messages", "webhooks"})
        loaded = settings.load().model_dump(mode="json", exclude={"channels", "messages", "webhooks"})

        assert loaded == in_code
        for section, values in in_code.items():
            missing = {key for key, value in values.items() if value is not None and key not in written.get(section, {})}
            assert missing - _commented(section) == set(), section

    def test_presets_come_with_it(self) -> None:
        """A shop that edits nothing has channels and messages."""
        loaded = settings.load()
        assert loaded.channels
        assert loaded.messages


class TestLock:
    def test_it_is_exact_hashed_and_names_no_address(self) -> None:
        """What `make setup` installs is decided here and nowhere else."""
        assert faults(LOCK.read_text(encoding="utf-8")) == []

    def test_an_address_a_missing_hash_and_an_old_version_are_seen(self) -> None:
        """The check can fail: one line for each of the three."""
        text = "--index" + "-url https://example.invalid/simple\nmlflow==2.9.0 \\\n    --hash=sha256:" + "0" * 64 + "\nnumpy==2.0.0\n"
        assert faults(text) == [
            "numpy 2.0.0 has no hash",
            "an address stands in the lock: --index" + "-url https://example.invalid/simple",
            "mlflow 2.9.0 is older than 3.16.1: path traversal and remote execution up to CVE-2026-2635",
        ]


def _code_only(path: Path) -> str:
    """The module as code without docstrings and comments, in which what is avoided may well be named."""
    return ast.unparse(_Undocumented().visit(ast.parse(path.read_text(encoding="utf-8"))))


def _tests_that_assert_nothing() -> list[str]:
    """Tests without an assertion, neither of their own nor of a function of the tests that they call by its name."""
    functions = [
        (
            f"{path.relative_to(ROOT)}::{node.name}",
            node.name,
            any(isinstance(each, ast.Assert) for each in ast.walk(node)),
            set(_called(node)),
        )
        for path in sources("tests")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    asserting = {"raises", "warns", "fail", "assert_frame_equal", "assert_allclose", "assert_array_equal"}
    while more := {name for _, name, asserts, calls in functions if name not in asserting and (asserts or calls & asserting)}:
        asserting |= more
    return [
        where for where, name, asserts, calls in functions if name.startswith("test_") and not asserts and not calls & asserting - {name}
    ]


def _called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


class _Undocumented(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return ast.copy_location(ast.Expr(ast.Constant(None)), node)
        return node


def _commented(section: str) -> set[str]:
    """Keys that stand in the section as `# key = …` or `# [section.key…]`: shown with an example."""
    text = (ROOT / "otokui.toml").read_text(encoding="utf-8")
    part = re.search(rf"^\[{section}\]$(.*?)(?=^\[)", text + "\n[", re.MULTILINE | re.DOTALL)
    return set(re.findall(rf"^# ?(?:\[{section}\.)?(\w+)(?: = |[.\]])", part[1], re.MULTILINE)) if part else set()
