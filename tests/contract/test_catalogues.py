"""Every sentence that people read is in every catalogue, and no other language stands in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from decisions.constraints.constraints import CONSTRAINTS
from decisions.wording.phrases import WORDINGS
from otokui.settings.settings import load
from otokui.wording.i18n import pgettext
from tools import catalogues

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
READ_AS_INPUT = {
    "adapters/records/validation/personal_data.py",
    "adapters/records/validation/vendor_words.py",
    "otokui/data_contract/channel_names.py",
    *(f"adapters/personal/{name}.py" for name in ("addresses", "column_detection", "header", "masking", "names", "plain", "word_lists")),
}
"""Lists of words that a shop's export may hold: they are recognised, nobody is shown them."""
MARKS = {"N_": 0, "NP_": 1, "gettext": 0, "pgettext": 1, "ngettext": 0}
TEMPLATE = catalogues.template()
ROOMS = [catalogues.ROOT / room for room in (*catalogues.ROOMS, "simulator", "tools")]


def marked(path: Path) -> Iterator[tuple[str, str | None]]:
    """Yield the literal messages that a file marks, with their context."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            place = MARKS[node.func.id]
            texts = [each.value if isinstance(each, ast.Constant) else None for each in node.args[: place + 1]]
            if len(texts) == place + 1 and isinstance(texts[place], str):
                yield texts[place], (texts[0] if place else None)


@pytest.mark.parametrize("language", catalogues.languages())
def test_a_catalogue_is_complete(language: str) -> None:
    """Nothing missing, fuzzy or left over, and each sentence has the places of the English one."""
    assert catalogues.faults(language) == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_what_is_marked_is_found(room: Path) -> None:
    """Babel reads no marks within an f-string, where they would be missing from the catalogues without a word."""
    found = [(path.name, *each) for path in sorted(room.rglob("*.py")) for each in marked(path)]

    assert [(name, message) for name, message, context in found if TEMPLATE.get(message, context) is None] == []


def test_no_other_language_stands_in_the_code() -> None:
    """A translator opens a catalogue, and nothing else."""
    files = [path for room in ROOMS for kind in ("*.py", "*.j2", "*.css") for path in room.rglob(kind)]
    spoken = {str(path.relative_to(catalogues.ROOT)) for path in files if JAPANESE.search(path.read_text(encoding="utf-8"))}

    assert spoken - READ_AS_INPUT == set()


def test_rules_and_reasons_are_among_the_messages() -> None:
    """They are put into a language by what they say, so an unmarked one would be shown in English."""
    texts = [text for wording in WORDINGS.values() for text in (wording.text, wording.plain) if text]

    assert [text for text in (*texts, *(rule.text for rule in CONSTRAINTS)) if TEMPLATE.get(text) is None] == []


def test_the_presets_say_in_japanese_what_the_catalogue_says() -> None:
    """A title stands in both: the settings, which a shop may change, are asked first."""
    presets = load()
    titles = {row.title: row.title_ja for row in presets.channels} | {row.title: row.title_ja for row in presets.messages}

    assert {title: pgettext("title", title, "ja") for title in titles} == titles
