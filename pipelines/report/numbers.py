"""Numbers as people read them, in the language of the page."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from otokui.counting import in_days, in_days_ja
from otokui.domain import Instant

_SYMBOLS = {"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
_WHOLE = {"JPY", "KRW"}
UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Formats:
    """How one page writes its numbers; what is not known is a dash."""

    language: str
    currency: str
    timezone: str

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write 12345.6 as 12,346."""
        return UNKNOWN if value is None or not math.isfinite(value) else f"{value:,.{digits}f}"

    def share(self, value: float | None) -> str:
        """Write 0.1234 as 12%, 0.0123 as 1.2%; a share that is not quite none or all never reads so."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        percent = 100.0 * value
        if 0.0 < percent < 0.1:
            return "<0.1%"
        if 99.5 <= percent < 100.0:
            return f"{min(percent, 99.9):.1f}%"
        return f"{percent:.1f}%" if 0.0 < percent < 9.95 else f"{percent:.0f}%"

    def money(self, value: float | None, exactly: bool = False) -> str:
        """Write an amount in the shop's currency; exactly: with its hundredths, where rounding would hide a difference."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        digits = 0 if not exactly and (self.currency in _WHOLE or abs(value) >= 1_000) else 2
        symbol = _SYMBOLS.get(self.currency, f"{self.currency} ")
        return f"{'-' if value < 0 else ''}{symbol}{abs(value):,.{digits}f}"

    def short(self, value: float) -> str:
        """Write 1234567 as 1.2M (English) or 123万 (Japanese), for axes."""
        steps = ((1e8, "億"), (1e4, "万")) if self.language == "ja" else ((1e9, "B"), (1e6, "M"), (1e3, "k"))
        for size, unit in steps:
            if abs(value) >= size:
                return f"{value / size:.3g}{unit}"
        return f"{value:,.0f}" if abs(value) >= 100.0 else f"{value:.3g}"

    def date(self, at: Instant | None) -> str:
        """Write the local date of an instant."""
        return UNKNOWN if at is None else self._local(at).strftime("%Y-%m-%d")

    def moment(self, at: Instant | None) -> str:
        """Write local date and time of an instant."""
        return UNKNOWN if at is None else self._local(at).strftime("%Y-%m-%d %H:%M")

    def days(self, value: float | None) -> str:
        """Write a number of days, with a decimal where it is small."""
        return self.number(value, 1 if value is not None and abs(value) < 10.0 else 0)

    def span(self, days: float, exactly: bool = False) -> str:
        """Write a number of days with its unit; what is less than a day in hours."""
        return in_days_ja(days, exactly) if self.language == "ja" else in_days(days, exactly)

    def _local(self, at: Instant) -> datetime:
        return datetime.fromtimestamp(int(at), UTC).astimezone(ZoneInfo(self.timezone))

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the formats by the name under which the page's template calls them."""
        return {name: getattr(self, name) for name in ("number", "share", "money", "short", "date", "moment", "days")}
