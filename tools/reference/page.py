"""Markdown from values: the little that every page shares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MADE = "<!-- Written by `make docs` from {source}. Change it there. -->"


def cell(value: object) -> str:
    """Return a value as the text of a table cell, on one line."""
    return " ".join(str(value).split()).replace("|", "\\|")


def code(value: object) -> str:
    """Return a value as inline code; nothing stays nothing."""
    text = str(value)
    return f"`{text}`" if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def page(title: str, source: str, *parts: str) -> str:
    """Return a reference page: title, source, and parts."""
    return "\n\n".join([f"# {title}", MADE.format(source=source), *(part.strip() for part in parts if part.strip())]) + "\n"


def paragraphs(doc: str | None) -> str:
    """Return a docstring as Markdown, each paragraph on one line."""
    return "\n\n".join(map(sentence, (doc or "").strip().split("\n\n")))


def sentence(doc: str | None) -> str:
    """Return the first paragraph of a docstring on one line, reST code marks as Markdown."""
    first = re.sub(r" \(mission [^)]*\)", "", (doc or "").strip().split("\n\n")[0])
    return re.sub(r"``([^`]+)``", r"`\1`", " ".join(first.split()))
