"""Card numbers (Luhn) and My Number, by their check digits.

One in ten numbers passes by chance, so the whole column decides.
"""

from __future__ import annotations

import re

_CARD = re.compile(r"(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|35\d\d|6(?:011|5\d\d|2\d\d))([- ]?)\d{4}\1\d{4}\1\d{4}|3[47]\d\d([- ]?)\d{6}\2\d{5}")
_MY_NUMBER = re.compile(r"\d{4}([- ]?)\d{4}\1\d{4}")
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def maybe_card(text: str) -> bool:
    """Return whether ``text`` (plain) is a card number with a valid check digit."""
    return _CARD.fullmatch(text) is not None and luhn(re.sub(r"\D", "", text))


def maybe_my_number(text: str) -> bool:
    """Return whether ``text`` (plain) is a My Number with a valid check digit."""
    if not _MY_NUMBER.fullmatch(text):
        return False
    *digits, check = (int(d) for d in text if d.isdigit())
    rest = sum(d * w for d, w in zip(digits, _WEIGHTS, strict=True)) % 11
    return check == (0 if rest <= 1 else 11 - rest)


def luhn(digits: str) -> bool:
    """Return whether the Luhn sum of ``digits`` is a multiple of ten."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0
