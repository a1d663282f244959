"""Detection of persons' names by word lists: surname with given name, or with honorific.

A surname alone proves nothing (山口 is a prefecture, 田中屋 a shop). Only a given name and nothing else may follow it.
"""

from __future__ import annotations

import re
from functools import cache

from adapters.personal.word_lists import english_given_names, english_surnames, given_names, surnames, word_list

_KANJI = "一-龥々﨑髙"
_WHOLE = re.compile(rf"[{_KANJI}ぁ-んァ-ヴー]+(?:[ ・][{_KANJI}ぁ-んァ-ヴー]+)?")
_LATIN = re.compile(r"([A-Za-z][A-Za-z'\-]+),? (?:[A-Z]\.? )?([A-Za-z][A-Za-z'\-]+)")
_ENDINGS = re.compile(rf"[{_KANJI}]{{1,2}}(?:子|美|郎|朗|介|輔|之|也|哉|香|奈|恵)")
_NO_NAMES = word_list("no_given_names.txt")
_NOT_TOGETHER = frozenset({"大和", "大地"})
"""Given names that, right after one character, are places: 東大和 is a city."""

_PLACES = word_list("places.txt")
"""Names that are as often places or everyday words; single ones count as no person."""

_TITLES = re.compile(r"\b(?:Mr|Mrs|Ms)\.? [A-Z][a-z]+")
_DEAR = re.compile(rf"[{_KANJI}ぁ-んァ-ヴー]{{2,8}} 様")


def holds_name(text: str, *, free: bool, people: bool) -> bool:
    """Return whether ``text`` (plain) is a person's name.

    ``free`` also finds a name with an honorific inside a sentence.
    """
    if free and _TITLES.search(text):
        return True
    if text.isascii():
        return _latin(text, people=people)
    if _WHOLE.fullmatch(text) and _is_name(text, free=free):
        return True
    if free and (_DEAR.fullmatch(text) or _honorific().search(text)):
        return True
    match = _honorific().fullmatch(text)
    return match is not None and "様" in text


@cache
def is_single_name(text: str) -> bool:
    """Return whether ``text`` (plain) is one name of two or more characters."""
    if len(text) < 2:
        return False
    lists = (surnames(), given_names())
    if text.isascii():
        return any(text.lower() in names.latin for names in lists)
    return any(text in names.kanji or text in names.kana for names in lists)


def is_person_alone(text: str) -> bool:
    """Return whether ``text`` (plain) is one name, and neither place nor everyday word."""
    return text not in _PLACES and is_single_name(text)


def _is_name(text: str, *, free: bool) -> bool:
    family, given = surnames(), given_names()
    parts = re.split("[ ・]", text)
    if len(parts) == 2:
        first, last = parts
        if first in family.kana:
            return last in given.kana
        if first not in family.kanji:
            return False
        return last in given.kanji or last in given.kana or (free and _ENDINGS.fullmatch(last) is not None and last not in _NO_NAMES)
    for at in range(1, min(5, len(text))):
        first, last = text[:at], text[at:]
        if first in family.kanji:
            long_enough = len(last) >= 2 if at == 1 or not free else len(text) >= 3
            if long_enough and (last in given.kanji or (len(last) >= 3 and last in given.kana)) and not (at == 1 and last in _NOT_TOGETHER):
                return True
        elif free and len(text) >= 6 and at >= 2 and first in family.kana and last in given.kana:
            return True
    return False


def _latin(text: str, *, people: bool) -> bool:
    match = _LATIN.fullmatch(text)
    if not match:
        return False
    first, second = match[1].lower(), match[2].lower()
    family, given = surnames().latin, given_names().latin
    if (first in family and second in given) or (first in given and second in family):
        return True
    return people and (
        (first in english_given_names() and second in english_surnames())
        or (first in english_surnames() and second in english_given_names())
    )


@cache
def _honorific() -> re.Pattern[str]:
    family = "|".join(sorted(map(re.escape, surnames().kanji), key=len, reverse=True))
    called = r"様(?![式々子相態方なに])|さま(?!ざま)|さん(?![ごまかすぎぽ])|氏(?![名族神子])|殿(?![堂方様下])"
    return re.compile(rf"(?:{family}) ?(?:[{_KANJI}ぁ-んァ-ヴー]{{1,4}})? ?(?:{called})")
