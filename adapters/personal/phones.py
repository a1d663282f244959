"""Detection of telephone numbers with ``phonenumbers``; order ids, dates, amounts, JAN codes are none.

A cheap pattern selects candidates, the library checks them. Numbers of businesses (toll-free, shared cost) identify no person.
In ids, a number counts only as people write it; digits alone prove nothing there.
"""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

CANDIDATE = re.compile(r"(?<!\d)(?<!\d[-.])(?:\+|\(\+?)?\d[\d\-(). ]{7,18}\d(?![-.]?\d)")
_SEPARATORS = re.compile(r"[()\-. ]+")
_AMERICAN = re.compile(r"\d{3}[-. ]\d{3}[-. ]\d{4}")
_AMERICAN_BRACKETS = re.compile(r"\(\d{3}\) ?\d{3}[-. ]\d{4}")
_JAPANESE = re.compile(r"\(?0\d{1,4}[-(). ]{1,2}\d{1,4}[-(). ]{1,2}\d{3,4}|\(0\d{1,4}\)\d{1,4}-?\d{3,4}")
_FROM_ABROAD = re.compile(r"(?:00)?81[- ]\(?0?\)?\d{1,4}[- ]\d{1,4}[- ]\d{4}")
_MOBILE = re.compile(r"(?:0|81)[5789]0\d{8}")
_PUBLIC = frozenset({PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN, PhoneNumberType.PREMIUM_RATE})


def holds_phone(text: str, *, free: bool) -> bool:
    """Return whether ``text`` (plain) contains a telephone number; ``free``: also without separators."""
    return any(_is_phone(match[0], free=free and not _in_token(text, match)) for match in CANDIDATE.finditer(text))


def maybe_phone(text: str) -> bool:
    """Return whether all of ``text`` may be a telephone number by its digits."""
    return _MOBILE.fullmatch(text) is not None or (_AMERICAN.fullmatch(text) is not None and _valid(_parsed(text, "US")))


def _in_token(text: str, match: re.Match[str]) -> bool:
    """Return whether the digits are part of a longer code, as a hexadecimal id."""
    return any(
        character.isascii() and (character.isalpha() or character == "_")
        for character in text[: match.start()][-1:] + text[match.end() :][:1]
    )


def _is_phone(candidate: str, *, free: bool) -> bool:
    if "+" in candidate:
        number = _parsed(candidate, None)
        return _valid(number) or (bool(_SEPARATORS.search(candidate)) and number is not None and phonenumbers.is_possible_number(number))
    if _AMERICAN_BRACKETS.fullmatch(candidate):
        return True
    if _JAPANESE.fullmatch(candidate):
        number = _parsed(candidate, "JP")
        return _valid(number) and (free or _as_written(candidate, number))
    if _FROM_ABROAD.fullmatch(candidate):
        return _valid(_parsed("+" + re.sub(r"\D", "", candidate).removeprefix("00"), None))
    if not free:
        return False
    if _AMERICAN.fullmatch(candidate):
        return candidate[0] in "23456789"
    digits = candidate.strip()
    return _MOBILE.fullmatch(digits) is not None or (
        len(digits) == 10 and digits.isdigit() and digits[0] == "0" and _valid(_parsed(digits, "JP"))
    )


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _valid(number: PhoneNumber | None) -> bool:
    return number is not None and phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) not in _PUBLIC


def _as_written(candidate: str, number: PhoneNumber | None) -> bool:
    """Return whether the digits are grouped as in the number's area.

    An id of ten digits is grouped otherwise.
    """
    if number is None:
        return False
    groups = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return _SEPARATORS.sub("-", candidate.strip("( ")) == groups
