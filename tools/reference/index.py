"""Index of the documentation, made from the pages themselves.

A page that is not listed cannot exist.

Each page written by hand says in its third line, ``<!-- index: … -->``, what stands in it; a reference page says it
in its first sentence. A list kept by hand forgot five how-tos and named one twice.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.reference.page import MADE, table

DOCS = Path(__file__).resolve().parents[2] / "docs"
NAME = "README.md"

_SECTIONS = (
    ("To learn", ("tutorial.md",), ""),
    ("To do", ("how-to/*.md", "runbook.md"), ""),
    ("Reference", ("reference/*.md",), "Written from the code by `make docs`; CI fails where a page is not what the code says."),
    ("To understand", ("explanation/*.md",), "Why the house is built so, decision by decision: [decisions on record](adr/README.md)."),
    ("What was reached", ("benchmarks.md",), ""),
)
_ELSEWHERE = {"adr": "adr/README.md", "benchmarks": "benchmarks.md"}
"""Folders whose pages are listed by a page of their own."""
_SAID = re.compile(r"^<!-- index: (.+) -->$", re.MULTILINE)


def render() -> str:
    """Return the index page.

    Raises:
        ValueError: a page does not say what stands in it.
    """
    parts = ["# Documentation", MADE.format(source="the pages, which say in their third line what stands in them")]
    for title, patterns, before in _SECTIONS:
        pages = [path for pattern in patterns for path in sorted(DOCS.glob(pattern))]
        rows = [(f"[{_title(path)}]({path.relative_to(DOCS)})", _says(path)) for path in pages]
        parts += [f"## {title}", *([before] if before else []), table(("page", "what stands in it"), rows)]
    parts.append(
        "Questions tried out in code: [notebooks](../notebooks/README.md). MLflow's server and registry: [mlflow](../mlflow/README.md)."
    )
    return "\n\n".join(parts) + "\n"


def orphans() -> list[str]:
    """Return the pages that no list names, as paths below docs/."""
    lists = {name: (DOCS / name).read_text(encoding="utf-8") for name in _ELSEWHERE.values()}
    lists[NAME] = render()
    lost = []
    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS)
        lister = _ELSEWHERE.get(name.parts[0], NAME)
        target = str(path.relative_to((DOCS / lister).parent)) if path.is_relative_to((DOCS / lister).parent) else str(name)
        if str(name) not in (NAME, lister) and f"({target})" not in lists[lister]:
            lost.append(str(name))
    return lost


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def _says(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    match = _SAID.search(text)
    if match:
        return match[1]
    if path.parent.name != "reference":
        raise ValueError(f"{path.name}: the third line must be <!-- index: what stands in this page -->")
    lines = [line for line in text.splitlines()[1:] if line and not line.startswith(("<!--", "|", "#"))]
    return re.split(r"(?<=\.)\s", lines[0])[0]
