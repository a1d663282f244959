"""Word lists of names, Japanese and English, read once.

Japanese in kanji, kana and Latin letters, English in Latin letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


@dataclass(frozen=True, slots=True)
class NameList:
    """Word list of names: kanji, kana reading, and Latin spelling in lower case."""

    kanji: frozenset[str]
    katakana: frozenset[str]
    hiragana: frozenset[str]
    latin: frozenset[str]

    @property
    def kana(self) -> frozenset[str]:
        """The kana readings in hiragana and katakana."""
        return self.katakana | self.hiragana


@cache
def surnames() -> NameList:
    """Return the Japanese surnames."""
    return _japanese("surnames.tsv")


@cache
def given_names() -> NameList:
    """Return the Japanese given names."""
    return _japanese("given_names.tsv")


@cache
def english_surnames() -> frozenset[str]:
    """Return English (and some other European) surnames in lower case."""
    return frozenset(word.lower() for word in word_list("english_surnames.txt"))


@cache
def english_given_names() -> frozenset[str]:
    """Return English (and some other European) given names in lower case."""
    return frozenset(word.lower() for word in word_list("english_given_names.txt"))


@cache
def word_list(file: str) -> frozenset[str]:
    """Return the lines of one of the lists in ``words/``."""
    return frozenset(_lines(file))


def _japanese(file: str) -> NameList:
    rows = [line.split("\t") for line in _lines(file)]
    katakana = frozenset(reading for _, reading, _ in rows)
    return NameList(
        frozenset(kanji for kanji, _, _ in rows),
        katakana,
        frozenset(reading.translate(_HIRAGANA) for reading in katakana),
        frozenset(spelling for _, _, spellings in rows for spelling in spellings.split()),
    )


def _lines(file: str) -> list[str]:
    text = (files("adapters.personal") / "words" / file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
