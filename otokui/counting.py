"""One customer, two customers, three hours: a number with what it counts, as an English sentence has it.

In the vocabulary because every room tells people how many; written out at each place, some of them said "1 customers".
"""

from __future__ import annotations


def counted(many: float, what: str) -> str:
    """Return ``1 earlier window``, ``1,234 customers``; ``what`` in the singular, of a word that takes an s. Rounded to whole ones."""
    whole = round(many)
    return f"{whole:,} {what}{'' if whole == 1 else 's'}"


def in_days(days: float, exactly: bool = False) -> str:
    """Return ``35 days``, ``2.4 days``, ``1 day``; what is less than a day in hours.

    exactly: with all digits, where rounding would hide a difference.
    """
    if exactly:
        return f"{days:,.8g} days"
    if 0.0 < abs(days) < 1.0:
        hours = round(24.0 * days)
        return counted(hours, "hour") if hours else "less than an hour"
    said = days_said(days)
    return f"{said} day{'' if said == '1' else 's'}"


def in_days_ja(days: float, exactly: bool = False) -> str:
    """Return the same in Japanese: ``35日``, ``2.4日``, ``3時間``."""
    if exactly:
        return f"{days:,.8g}日"
    if 0.0 < abs(days) < 1.0:
        hours = round(24.0 * days)
        return f"{hours}時間" if hours else "1時間未満"
    return f"{days_said(days)}日"


def days_said(days: float) -> str:
    """Return a number of days, with a decimal where they are few: ``35``, ``2.4``, ``3``."""
    return f"{days:,.1f}".removesuffix(".0") if abs(days) < 10.0 else f"{days:,.0f}"
