"""Counts with their nouns, as sentences have them: one customer, two customers, three hours.

Every room writes counts; written out at each place, some of them read "1 customers".
"""

from __future__ import annotations

from otokui.wording.i18n import SOURCE, gettext, ngettext
from otokui.wording.numerals import laid_out, written


def counted(many: float, what: str) -> str:
    """Return a rounded count with its noun: ``1 earlier window``, ``1,234 customers``.

    what: the noun in the singular, whose plural takes an s.
    """
    whole = round(many)
    return f"{whole:,} {what}{'' if whole == 1 else 's'}"


def in_days(days: float, exactly: bool = False, language: str = SOURCE) -> str:
    """Return a duration in words: ``35 days``, ``2.4 days``, ``1 day``.

    Less than a day is in hours. exactly: with all digits, where rounding would hide a difference.
    """
    if exactly:
        return ngettext("{days} day", "{days} days", days, language).format(days=written(days, ",.8g", language))
    if 0.0 < abs(days) < 1.0:
        hours = round(24.0 * days)
        if not hours:
            return gettext("less than an hour", language)
        return ngettext("{hours} hour", "{hours} hours", hours, language).format(hours=written(hours, ",", language))
    shown = days_text(days)
    return ngettext("{days} day", "{days} days", float(shown.replace(",", "")), language).format(days=laid_out(shown, language))


def days_text(days: float) -> str:
    """Return a number of days as text, with a decimal below ten.

    For example ``35``, ``2.4``, ``3``.
    """
    return f"{days:,.1f}".removesuffix(".0") if abs(days) < 10.0 else f"{days:,.0f}"
