"""A language that nobody speaks, made of one file: every message of the code in ⟦brackets⟧, numbers and dates as in German."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from otokui.wording import i18n, stored_text
from tools import catalogues

LANGUAGE = "de"
LEFT = re.compile(r"⟦[^⟦⟧]*⟧")


def add(folder: Path) -> None:
    """Write the catalogue below a folder of catalogues."""
    catalogues.update(LANGUAGE, folder)
    made = catalogues.read(LANGUAGE, folder)
    for message in made:
        if message.id:
            message.string = tuple(map(_written, message.id)) if isinstance(message.id, tuple) else _written(message.id)
            if message.context == "date pattern":
                message.string = message.id.replace("yyyy-MM-dd", "dd.MM.yyyy")
    catalogues.write(made, LANGUAGE, folder)


def _written(text: str) -> str:
    """Return a message in brackets; what people read of a catalogue can so be told from what stands in the code."""
    return f"⟦{text}⟧"


def not_from_the_catalogue(text: str) -> str:
    """Return what stands outside of all brackets."""
    before = ""
    while before != text:
        before, text = text, LEFT.sub("", text)
    return text


@pytest.fixture
def third_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Have the language, with its file beside the others, and forget it afterwards."""
    folder = tmp_path / "locales"
    folder.mkdir()
    (folder / "ja").symlink_to(i18n.LOCALES / "ja")
    add(folder)
    monkeypatch.setattr(i18n, "LOCALES", folder)
    yield LANGUAGE
    for kept in (i18n.catalogue, i18n._read, stored_text._patterns):
        kept.cache_clear()
