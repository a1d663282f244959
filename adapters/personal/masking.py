"""The one place where a value is made fit to be read: in messages, logs, quarantine files, check-up and data dictionary.

``masked`` hides what is personal data; ``echoed`` hides everything of a refused value except numbers, dates and plain
codes, because a name that no list knows may stand in any broken cell.
"""

from __future__ import annotations

import re

import polars as pl

from adapters.personal.kinds import FREE, MASKS, EvidenceLevel, Kind
from adapters.personal.names import is_person_alone, is_single_name
from adapters.personal.plain import plain
from adapters.personal.value_detection import kind_of, maybe
from adapters.personal.word_lists import english_given_names, english_surnames, word_list

LONGEST = 60
HIDDEN = "[text]"

_WORDS_OF_TIME = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    r"|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    r"|am|pm|utc|gmt|jst|est|edt|cst|pst|cet|cest|z|t|of|at|st|nd|rd|th|jpy|usd|eur|gbp|yen"
)
_FIGURES = re.compile(
    rf"(?:[\s\d.,:;/+\-–()%¥$€£'年月日時分秒頃円税込抜千万個点件本枚回令和平成昭和午前後（）<>=~]|(?<![a-z])(?:{_WORDS_OF_TIME})(?![a-z]))+",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z0-9_.:;,#/+=|\-]+")
_ANSWERS = word_list("answers.txt")
_SHOWN = frozenset((*MASKS, HIDDEN))
_LISTED = re.compile(r"[A-Za-z]+")


def masked(text: str, evidence: EvidenceLevel = FREE) -> str:
    """Return ``text`` for a person to read; one that holds personal data, under the evidence of its column, is replaced by its kind."""
    kind = personal_kind(text, evidence)
    return kind.mask if kind else text if len(text) <= LONGEST else text[: LONGEST - 3] + "…"


def echoed(text: str) -> str:
    """Return what a message or the quarantine may show of a value that was set aside."""
    read = plain(text)
    if not read or read in _ANSWERS or read in _SHOWN:
        return text
    kind = personal_kind(text)
    if kind:
        return kind.mask
    if len(read) <= LONGEST and (_FIGURES.fullmatch(read) or _is_code(read)):
        return text
    return HIDDEN


def hidden(column: pl.Series) -> pl.Series:
    """Return a text column as ``echoed`` shows it."""
    distinct = [v for v in column.unique().to_list() if v]
    return column.replace(distinct, [echoed(v) for v in distinct]) if distinct else column


def personal_kind(text: str, evidence: EvidenceLevel = FREE) -> Kind | None:
    """Return the kind of personal data that ``text`` is or holds."""
    read = plain(text)
    alone = Kind.NAME if evidence.free and not read.isascii() and is_person_alone(read) else None
    return kind_of(read, evidence) or maybe(read, evidence) or alone


def _is_code(text: str) -> bool:
    """Say whether ``text`` is an id or a plain word: no blank, no capitalised word, no name that a list knows."""
    if not _CODE.fullmatch(text):
        return False
    words = _LISTED.findall(text)
    if any(len(w) > 2 and _is_name(w.lower()) for w in words):
        return False
    return any(c.isdigit() for c in text) or text == text.lower() or (text == text.upper() and len(text) <= 4)


def _is_name(word: str) -> bool:
    return is_single_name(word) or word in english_surnames() or word in english_given_names()
