"""The tool that keeps catalogues in step with the code: it finds what is wrong, and changes nothing that a translator wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.third_language import LANGUAGE, add
from tools import catalogues


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one complete catalogue."""
    made = tmp_path_factory.mktemp("locales")
    add(made)
    return made


def changed(folder: Path, tmp_path: Path, old: str, new: str) -> list[str]:
    """Return the faults of the catalogue once one piece of it was changed."""
    text = catalogues.path_of(LANGUAGE, folder).read_text(encoding="utf-8")
    assert old in text
    path = catalogues.path_of(LANGUAGE, tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return catalogues.faults(LANGUAGE, tmp_path)


def test_a_whole_catalogue_has_no_fault(folder: Path) -> None:
    """Every message of the code, and no other."""
    assert catalogues.faults(LANGUAGE, folder) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('msgstr "⟦Has bought before⟧"', 'msgstr ""', "not translated: 'Has bought before'"),
        ('msgid "Has bought before"', 'msgid "Has been here before"', "not translated: 'Has bought before'"),
        ('msgid "Has bought before"', 'msgid "Has been here before"', "no longer in the code: 'Has been here before'"),
        ('msgid "Has bought before"', '#, fuzzy\nmsgid "Has bought before"', "fuzzy: 'Has bought before'"),
        ("⟦Has bought {times} times⟧", "⟦Has bought often⟧", "other places to fill in: 'Has bought {times} times'"),
        ("⟦{days} days⟧", "⟦{number} days⟧", "other places to fill in: '{days} day'"),
    ],
)
def test_a_fault_is_named(folder: Path, tmp_path: Path, old: str, new: str, fault: str) -> None:
    """With the English sentence, by which a translator finds it."""
    assert fault in changed(folder, tmp_path, old, new)


def test_bringing_up_to_date_keeps_what_was_written(folder: Path, tmp_path: Path) -> None:
    """Byte for byte where nothing changed; a message that went away goes, one that came has no translation."""
    before = catalogues.path_of(LANGUAGE, folder).read_bytes()
    changed(folder, tmp_path, 'msgid "Has bought before"', 'msgid "Has been here before"')

    catalogues.update(LANGUAGE, tmp_path)
    catalogues.update(LANGUAGE, folder)

    assert catalogues.path_of(LANGUAGE, folder).read_bytes() == before
    assert catalogues.faults(LANGUAGE, tmp_path) == ["not translated: 'Has bought before'"]


def test_the_committed_catalogues_are_written_as_the_tool_writes_them(tmp_path: Path) -> None:
    """So that a change of one sentence is a change of one line."""
    for language in catalogues.languages():
        path = catalogues.path_of(language, tmp_path)
        path.parent.mkdir(parents=True)
        path.write_bytes(catalogues.path_of(language).read_bytes())

        catalogues.update(language, tmp_path)

        assert path.read_text(encoding="utf-8") == catalogues.path_of(language).read_text(encoding="utf-8")
