"""Number formats by language: Python rounds, Babel formats by CLDR.

Group, decimal point and percent sign are CLDR's. Rounded first and formatted afterwards, a number has the same digits in every language,
and those of decisions in the log. A language with Python's number format needs no Babel: reasons are written by the thousand, and Babel
takes twenty times as long as ``format``.
"""

from __future__ import annotations

import math
from decimal import Decimal
from functools import cache
from typing import Any, Final

PLAIN: Final = frozenset({"en", "ja"})
"""Languages with Python's number format; a test compares them with CLDR."""
_SYMBOLS: Final = {"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
"""Currency symbols of these languages; Babel has a full-width ¥ in Japanese."""
_UNITS: Final = {"en": ((1e9, "0B"), (1e6, "0M"), (1e3, "0k"))}
"""Compact units that differ from CLDR (K)."""


def written(value: float, spec: str, language: str = "en") -> str:
    """Return a number in a Python format (``,.2f``, ``.0%``, ``,.4g``) of a language."""
    digits = format(value, spec)
    return digits if language in PLAIN else laid_out(digits, language)


def laid_out(digits: str, language: str) -> str:
    """Return formatted digits in a language's number format.

    ``1,234.50`` becomes ``1.234,50`` and ``12%`` becomes ``12 %``; an exponent or a word stays as it is.
    """
    percent = digits.endswith("%")
    plain = digits.removesuffix("%").replace(",", "")
    if language in PLAIN or not plain.removeprefix("-").replace(".", "", 1).isdecimal():
        return digits
    fraction = len(plain.partition(".")[2])
    number = Decimal(plain)
    formatted: str = _pattern(language, "percent" if percent else "decimal", fraction).apply(
        number.scaleb(-2) if percent else number, language, group_separator="," in digits
    )
    return formatted


def money(amount: float, digits: int, currency: str, language: str = "en") -> str:
    """Return an amount of a currency with so many decimals."""
    rounded = f"{abs(amount):,.{digits}f}"
    if language in PLAIN:
        return f"{'-' if amount < 0 else ''}{_SYMBOLS.get(currency, f'{currency} ')}{rounded}"
    number = Decimal(rounded.replace(",", "")).copy_sign(Decimal(-1 if amount < 0 else 1))
    formatted: str = _pattern(language, "money", digits).apply(number, language, currency=currency, currency_digits=False)
    return formatted


def compact(value: float, language: str = "en") -> str:
    """Return a number in three digits with the unit of the language.

    1234567 is 1.23M, and in Japanese 123 man (ten thousands).
    """
    for size, pattern in _units(language):
        if abs(value) >= size:
            digits = f"{value / size:.3g}"
            return pattern.replace("0", laid_out(f"{value / size:.0f}" if "e" in digits else digits, language))
    return written(value, ",.0f" if abs(value) >= 100.0 else ".3g", language)


@cache
def _units(language: str) -> tuple[tuple[float, str], ...]:
    """Return compact units by size, the largest first: ``(1e6, "0M")``."""
    if language in _UNITS:
        return _UNITS[language]
    from babel import Locale

    sizes: dict[str, float] = {}
    for size, pattern in Locale.parse(language).compact_decimal_formats["short"]["other"].items():
        whole = pattern.pattern.replace("'", "")
        unit, places = whole.replace("0", ""), whole.count("0")
        if unit and int(size) / 10 ** (places - 1) <= sizes.get(unit, math.inf):
            sizes[unit] = int(size) / 10 ** (places - 1)
    return tuple(sorted(((size, f"0{unit}") for unit, size in sizes.items()), reverse=True))


@cache
def _pattern(language: str, kind: str, fraction: int) -> Any:
    from babel import Locale
    from babel.numbers import parse_pattern

    locale = Locale.parse(language)
    patterns = {"percent": locale.percent_formats, "decimal": locale.decimal_formats, "money": locale.currency_formats}[kind]
    pattern = parse_pattern(patterns["standard" if kind == "money" else None].pattern)
    pattern.frac_prec = (fraction, fraction)
    return pattern
