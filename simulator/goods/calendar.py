"""The year of the shop: seasons, year end, payday, weekends, sales and new arrivals.

Seasons are a cosine a year for each category, the year end a step: the two that a decomposition of any shop's sales
finds first (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, ch. 3). Payday is the 25th, as Japanese
firms pay; sales and launches come round on fixed days, with an offset drawn from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from otokui.domain import Instant
from simulator.chance import Chance
from simulator.customers.people import NEED, SALE, TREND, Reals
from simulator.settings.world_settings import WorldSettings

PAYDAYS: Final = (25, 28)
DECEMBER, SATURDAY = 12, 5
HOT, MILD = 1.0, 0.4
"""How much of the season the need-led feel, and the others."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a day is like; the same for all customers of a category and temperament."""

    settings: WorldSettings
    chance: Chance
    timezone: str

    def date(self, day: int) -> date:
        """Return the local date of a day of the world."""
        return date.fromisoformat(self.settings.start_date) + timedelta(days=day)

    def midnight(self, day: int) -> Instant:
        """Return the instant at which a day of the world begins."""
        return Instant(_midnight(self.settings.start_date, self.timezone, day))

    def on_sale(self, day: int) -> bool:
        """Whether a sale runs."""
        every = self.settings.temper.sale_every_days
        return (day + int(self.chance.below("sale offset", 0, every)[0])) % every < self.settings.temper.sale_days

    def fresh_goods(self, day: int) -> bool:
        """Whether new arrivals came in the last days."""
        every = self.settings.temper.launch_every_days
        return (day + int(self.chance.below("launch offset", 0, every)[0])) % every < self.settings.temper.launch_days

    def weekend(self, day: int) -> bool:
        """Whether it is Saturday or Sunday."""
        return self.date(day).weekday() >= SATURDAY

    def lift(self, day: int) -> Reals:
        """Return what multiplies the rate of buying, (categories, temperaments)."""
        buying, temper = self.settings.purchasing, self.settings.temper
        today = self.date(day)
        phase = self.chance.uniform("season", np.arange(self.settings.goods.categories_m))
        wave = np.cos(2 * np.pi * (today.timetuple().tm_yday / 365.25 - phase))
        felt = np.full(3, MILD)
        felt[NEED] = HOT
        table = 1.0 + buying.season_strength * wave[:, None] * felt[None, :]
        table *= buying.year_end if today.month == DECEMBER else 1.0
        table *= 1.0 + buying.payday_strength if PAYDAYS[0] <= today.day <= PAYDAYS[1] else 1.0
        table[:, SALE] *= temper.sale_lift if self.on_sale(day) else temper.sale_lull
        table[:, TREND] *= temper.launch_lift if self.fresh_goods(day) else 1.0
        return np.asarray(table, dtype=np.float32)

    def mean_lift(self) -> NDArray[np.float64]:
        """Return the mean of ``lift`` over a year by temperament, seasons apart."""
        temper = self.settings.temper
        sales, launches = temper.sale_days / temper.sale_every_days, temper.launch_days / temper.launch_every_days
        usual = 1.0 + self.settings.purchasing.payday_strength * 4 / 30.4 + (self.settings.purchasing.year_end - 1.0) / 12
        mean = np.full(3, usual)
        mean[SALE] *= sales * temper.sale_lift + (1 - sales) * temper.sale_lull
        mean[TREND] *= launches * temper.launch_lift + (1 - launches)
        return mean


@lru_cache(maxsize=8_192)
def _midnight(start: str, timezone: str, day: int) -> int:
    at = date.fromisoformat(start) + timedelta(days=day)
    return int(datetime(at.year, at.month, at.day, tzinfo=ZoneInfo(timezone)).timestamp())
