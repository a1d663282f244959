"""What the documentation promises, the program keeps: commands, options, links, and pages made from the code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import commands as every_command
from tools.reference import index
from tools.reference.index import orphans
from tools.reference.pages import FOLDER, outdated, write

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("mlflow/*.md"),
        *ROOT.glob("notebooks/*.md"),
        *(p for p in (ROOT / "docs").rglob("*.md") if p.parent != FOLDER),
    ]
)
PROMISED = ("init", "ingest", "train", "predict", "decide", "serve", "explain", "report", "doctor")
"""The verbs that are a contract with those who call the command line."""


def verbs() -> dict[str, Any]:
    return dict(every_command())


def commands(text: str, program: str) -> Iterator[list[str]]:
    """Every call of ``program`` in code blocks and inline code, as its words."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for line in [line for block in blocks for line in block.splitlines()] + inline:
        called = re.match(rf"\s*(?:docker compose run --rm otokui )?{program} (.*)", line)
        if called:
            words = shlex.split(called[1], comments=True)
            yield words[: words.index("&&")] if "&&" in words else words


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", WRITTEN, ids=ids)
class TestWrittenPages:
    def test_every_command_exists(self, path: Path) -> None:
        """A verb or an option that a page shows is one that `otokui` has."""
        there = verbs()
        for verb, *words in filter(None, commands(path.read_text(encoding="utf-8"), "otokui")):
            if not re.fullmatch(r"[a-z-]+", verb):
                continue
            verb = f"{verb} {words[0]}" if words and f"{verb} {words[0]}" in there else verb
            assert verb in there, f"otokui {verb}"
            known = {spelt for p in there[verb].params for spelt in (*p.opts, *p.secondary_opts)} | {"--help"}
            for word in words:
                if word.startswith("--"):
                    assert word.split("=")[0] in known, f"otokui {verb} {word}"

    def test_every_make_target_exists(self, path: Path) -> None:
        """What a page tells to make can be made."""
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        for words in commands(path.read_text(encoding="utf-8"), "make"):
            for word in words:
                if re.fullmatch(r"[a-z][a-z-]*", word):
                    assert word in targets, f"make {word}"

    def test_every_link_leads_somewhere(self, path: Path) -> None:
        """Relative links point to files of the repository, and to headings that are there."""
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
            if "://" in target or target.startswith("mailto:"):
                continue
            name, _, heading = target.partition("#")
            linked = (path.parent / name).resolve() if name else path
            assert linked.exists(), target
            if heading and linked.suffix == ".md":
                assert heading in _headings(linked), target


def test_the_command_line_keeps_its_contract() -> None:
    """Later work and other programs call these verbs."""
    assert set(PROMISED) <= verbs().keys()


def test_every_verb_and_option_says_what_it_is() -> None:
    """`otokui VERB --help` is the documentation most people read."""
    silent = [name for name, verb in verbs().items() if not verb.help]
    silent += [
        f"{name} {p.opts[0]}" for name, verb in verbs().items() for p in verb.params if p.name != "help" and not getattr(p, "help", "")
    ]
    assert silent == []


def test_the_reference_is_what_the_code_says() -> None:
    """`make docs` would change nothing."""
    assert outdated(FOLDER) == []


def test_an_outdated_page_is_noticed(tmp_path: Path) -> None:
    """The check can fail: an edited page and a missing one are named."""
    write(tmp_path)
    (tmp_path / "reference" / "features.md").unlink()
    (tmp_path / "reference" / "errors.md").write_text("# Errors\n", encoding="utf-8")
    assert outdated(tmp_path) == ["reference/features.md", "reference/errors.md"]


def test_every_page_is_in_a_list() -> None:
    """A page that nothing links to is read by nobody."""
    assert orphans() == []


def test_a_page_that_no_list_names_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: a decision on record that its list forgot."""
    (tmp_path / "adr").mkdir()
    for name in ("adr/README.md", "benchmarks.md", "adr/0001-forgotten.md"):
        (tmp_path / name).write_text("# A page\n\n<!-- index: something -->\n", encoding="utf-8")
    monkeypatch.setattr(index, "DOCS", tmp_path)

    assert orphans() == ["adr/0001-forgotten.md"]


def _headings(path: Path) -> set[str]:
    """The anchors of a page, as code forges make them of its headings."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
