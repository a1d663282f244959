"""Protocols by data set: origin, horizon, and the shop's own settings.

The settings are what a shop's own ``otokui.toml`` would hold (time zone, currency, horizons); none of them concerns a method.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from otokui.domain import CutoffDate, Instant


@dataclass(frozen=True, slots=True)
class Protocol:
    """One question. origin: local date at which the past ends; horizon_days: how far ahead; grid_days: days at which curves are judged."""

    set_name: str
    name: str
    title: str
    reader: str
    folder: str
    timezone: str
    currency: str
    origin: str
    horizon_days: int
    grid_days: tuple[int, ...]

    @property
    def at(self) -> Instant:
        """The origin as an instant: midnight where the shop is."""
        return CutoffDate.parse(self.origin, self.timezone).at

    def settings(self) -> str:
        """Return the shop's settings as TOML."""
        horizons = sorted({*self.grid_days, self.horizon_days})
        return (
            f'[shop]\nname = "{self.name}"\ntimezone = "{self.timezone}"\ncurrency = "{self.currency}"\n\n'
            f"[predictions]\nhorizons_days = {horizons}\n"
        )

    def source(self, data: Path) -> str:
        """Return what the reader is given."""
        return str(data / self.folder)


PROTOCOLS = (
    Protocol(
        "cdnow", "cdnow-39-weeks", "CDNOW, first nine months of 1997, the 39 weeks after", "cdnow", "cdnow",
        "UTC", "USD", "1997-10-01", 273, (14, 30, 60, 90, 120, 180, 240, 273),
    ),
    Protocol(
        "cdnow", "cdnow-1998", "CDNOW, all of 1997, the first half of 1998", "cdnow", "cdnow",
        "UTC", "USD", "1998-01-01", 181, (14, 30, 60, 90, 120, 150, 181),
    ),
    Protocol(
        "online-retail", "online-retail", "Online Retail, to 2011-09-10, 90 days", "online-retail", "online_retail",
        "Europe/London", "GBP", "2011-09-10", 90, (7, 14, 21, 30, 45, 60, 75, 90),
    ),
    Protocol(
        "complete-journey", "complete-journey", "Complete Journey, to 2017-12-04, 28 days", "complete-journey", "complete_journey",
        "America/New_York", "USD", "2017-12-04", 28, (1, 2, 3, 5, 7, 10, 14, 21, 28),
    ),
)  # fmt: skip
