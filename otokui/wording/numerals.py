"""Numbers as a language writes them: Python rounds, Babel lays out by CLDR (group, decimal point, percent sign).

Rounded first and laid out afterwards, a number has the same digits in every language, and those of the decisions that are
logged already. Where a language writes numbers as Python does, nothing is left to lay out: reasons are written by the
thousand, and Babel takes twenty times as long as ``format``.
"""

from __future__ import annotations

import math
from decimal import Decimal
from functools import cache
from typing import Any, Final

PLAIN: Final = frozenset({"en", "ja"})
"""Languages that write numbers as Python does; a test asks CLDR."""
_SYMBOLS: Final = {"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
"""Of these languages; Babel has a full-width ¥ in Japanese."""
_UNITS: Final = {"en": ((1e9, "0B"), (1e6, "0M"), (1e3, "0k"))}
"""Large numbers on an axis, where it is not as CLDR has it (K)."""


def written(value: float, spec: str, language: str = "en") -> str:
    """Return a number by a format of Python (``,.2f``, ``.0%``, ``,.4g``), laid out as the language does."""
    digits = format(value, spec)
    return digits if language in PLAIN else laid_out(digits, language)


def laid_out(digits: str, language: str) -> str:
    """Return ``1,234.50`` or ``12%`` as a language writes it: ``1.234,50``, ``12 %``; an exponent or a word stays as it is."""
    percent = digits.endswith("%")
    plain = digits.removesuffix("%").replace(",", "")
    if language in PLAIN or not plain.removeprefix("-").replace(".", "", 1).isdecimal():
        return digits
    fraction = len(plain.partition(".")[2])
    number = Decimal(plain)
    laid: str = _pattern(language, "percent" if percent else "decimal", fraction).apply(
        number.scaleb(-2) if percent else number, language, group_separator="," in digits
    )
    return laid


def money(amount: float, digits: int, currency: str, language: str = "en") -> str:
    """Return an amount of a currency with so many decimals."""
    rounded = f"{abs(amount):,.{digits}f}"
    if language in PLAIN:
        return f"{'-' if amount < 0 else ''}{_SYMBOLS.get(currency, f'{currency} ')}{rounded}"
    number = Decimal(rounded.replace(",", "")).copy_sign(Decimal(-1 if amount < 0 else 1))
    laid: str = _pattern(language, "money", digits).apply(number, language, currency=currency, currency_digits=False)
    return laid


def compact(value: float, language: str = "en") -> str:
    """Return three digits and the unit of the language: 1234567 as 1.23M, in Japanese as 123 man (ten thousands)."""
    for size, pattern in _units(language):
        if abs(value) >= size:
            digits = f"{value / size:.3g}"
            return pattern.replace("0", laid_out(f"{value / size:.0f}" if "e" in digits else digits, language))
    return written(value, ",.0f" if abs(value) >= 100.0 else ".3g", language)


@cache
def _units(language: str) -> tuple[tuple[float, str], ...]:
    """Return from which size on which unit stands, the largest first: ``(1e6, "0M")``."""
    if language in _UNITS:
        return _UNITS[language]
    from babel import Locale

    found: dict[str, float] = {}
    for size, pattern in Locale.parse(language).compact_decimal_formats["short"]["other"].items():
        whole = pattern.pattern.replace("'", "")
        unit, places = whole.replace("0", ""), whole.count("0")
        if unit and int(size) / 10 ** (places - 1) <= found.get(unit, math.inf):
            found[unit] = int(size) / 10 ** (places - 1)
    return tuple(sorted(((size, f"0{unit}") for unit, size in found.items()), reverse=True))


@cache
def _pattern(language: str, kind: str, fraction: int) -> Any:
    from babel import Locale
    from babel.numbers import parse_pattern

    locale = Locale.parse(language)
    patterns = {"percent": locale.percent_formats, "decimal": locale.decimal_formats, "money": locale.currency_formats}[kind]
    pattern = parse_pattern(patterns["standard" if kind == "money" else None].pattern)
    pattern.frac_prec = (fraction, fraction)
    return pattern
