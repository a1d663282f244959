"""Numbers in the language of the page, rounded here.

The layout is the language's (``otokui.wording.numerals``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from otokui.domain import Instant
from otokui.wording.counting import in_days
from otokui.wording.i18n import NP_, pgettext
from otokui.wording.numerals import compact, laid_out, money, written

_WHOLE = {"JPY", "KRW"}
UNKNOWN = "–"
DAY_PATTERN = NP_("date pattern", "yyyy-MM-dd")
MOMENT_PATTERN = NP_("date pattern", "yyyy-MM-dd HH:mm")
"""How a date is written (CLDR); a language that writes it otherwise says so in its catalogue."""


@dataclass(frozen=True, slots=True)
class Formats:
    """How one page writes its numbers; what is not known is a dash."""

    language: str
    currency: str
    timezone: str

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write 12345.6 as 12,346."""
        return UNKNOWN if value is None or not math.isfinite(value) else written(value, f",.{digits}f", self.language)

    def figure(self, value: float, digits: int) -> str:
        """Write a number with so many digits that count, however large or small it is."""
        return written(value, f".{digits}g", self.language)

    def share(self, value: float | None) -> str:
        """Write 0.1234 as 12%, 0.0123 as 1.2%.

        A share that is not quite none or all never reads so.
        """
        if value is None or not math.isfinite(value):
            return UNKNOWN
        percent = 100.0 * value
        if 0.0 < percent < 0.1:
            return f"<{laid_out('0.1%', self.language)}"
        if 99.5 <= percent < 100.0:
            return laid_out(f"{min(percent, 99.9):.1f}%", self.language)
        return laid_out(f"{percent:.1f}%" if 0.0 < percent < 9.95 else f"{percent:.0f}%", self.language)

    def money(self, value: float | None, exactly: bool = False) -> str:
        """Write an amount in the shop's currency.

        exactly: with its hundredths, where rounding would hide a difference.
        """
        if value is None or not math.isfinite(value):
            return UNKNOWN
        digits = 0 if not exactly and (self.currency in _WHOLE or abs(value) >= 1_000) else 2
        return money(value, digits, self.currency, self.language)

    def short(self, value: float) -> str:
        """Write 1234567 as 1.23M, with the unit of the language, for axes."""
        return compact(value, self.language)

    def date(self, at: Instant | None) -> str:
        """Write the local date of an instant."""
        return UNKNOWN if at is None else self._dated(at, DAY_PATTERN)

    def moment(self, at: Instant | None) -> str:
        """Write local date and time of an instant."""
        return UNKNOWN if at is None else self._dated(at, MOMENT_PATTERN)

    def days(self, value: float | None) -> str:
        """Write a number of days, with a decimal where it is small."""
        return self.number(value, 1 if value is not None and abs(value) < 10.0 else 0)

    def span(self, days: float, exactly: bool = False) -> str:
        """Write a number of days with its unit; less than a day in hours."""
        return in_days(days, exactly, self.language)

    def _dated(self, at: Instant, pattern: str) -> str:
        from babel.dates import format_datetime

        return format_datetime(self._local(at), pgettext("date pattern", pattern, self.language), locale=self.language)

    def _local(self, at: Instant) -> datetime:
        return datetime.fromtimestamp(int(at), UTC).astimezone(ZoneInfo(self.timezone))

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the formats by the name under which the page's template calls them."""
        return {name: getattr(self, name) for name in ("number", "figure", "share", "money", "short", "date", "moment", "days")}
