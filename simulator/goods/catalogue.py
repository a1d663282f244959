"""Product catalogue of the shop: categories, brands, tastes, prices, costs, launch days.

Prices are lognormal and popularity within a category is skewed towards a few products, as every assortment is
(Pareto's 20/80; Brynjolfsson, Hu and Smith 2003 for long tails).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.chance import Chance
from simulator.goods.calendar import Calendar
from simulator.sends import Flags, Floats, Ints
from simulator.settings.world_settings import WorldSettings

OLDEST: Final = 900
"""Days before the opening in which the assortment came on sale."""
CYCLES: Final = (14, 21, 30, 45, 60)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Product catalogue, one entry per product.

    Products of a category stand together, in the order of their launch.

    first: (categories + 1,) where each category begins.
    """

    category: Ints
    brand: Ints
    taste: Ints
    list_price: Floats
    unit_cost: Floats
    replenish_days: Ints
    launch_day: Ints
    consumable: Flags
    first: Ints
    ids: pl.Series
    tables: pl.DataFrame

    def on_sale_by(self, day: int) -> Ints:
        """Return how many products of each category have come on sale, (categories,)."""
        running = np.concatenate([[0], np.cumsum(self.launch_day <= day)])
        return np.asarray(running[self.first[1:]] - running[self.first[:-1]], dtype=np.int64)

    def launched(self, day: int) -> pl.DataFrame:
        """Return the products that become known on a day, the whole assortment on the first."""
        known = np.maximum(self.launch_day, 0) == day
        return self.tables.filter(pl.Series(known)) if known.any() else self.tables.clear()


def make_catalogue(settings: WorldSettings, calendar: Calendar, chance: Chance) -> Catalogue:
    """Draw the assortment."""
    goods, count = settings.goods, settings.goods.products
    what = np.arange(count)
    category = np.sort(
        np.concatenate([np.arange(goods.categories_m), chance.below("of category", what[goods.categories_m :], goods.categories_m)])
    )
    late = chance.uniform("is new", what) < goods.new_share
    launch = np.where(late, chance.uniform("launch", what) * settings.arrival.arrival_days, -OLDEST * chance.uniform("launch", what))
    launch = np.floor(launch).astype(np.int64)
    first = np.searchsorted(category, np.arange(goods.categories_m + 1))
    # The first of each category is old, so that there is always something to buy.
    launch[first[:-1]] = -OLDEST
    launch = launch[np.lexsort((launch, category))]
    price = goods.median_price * np.exp(goods.price_spread * chance.normal("price", what))
    list_price = np.maximum(np.round(price / goods.unit), 1.0) * goods.unit
    cost = list_price * np.clip(goods.cost_share + 0.06 * chance.normal("cost", what), 0.2, 0.9)
    consumable = (chance.uniform("consumable", np.arange(goods.categories_m)) < goods.consumable_share)[category]
    made = Catalogue(
        category=category,
        brand=chance.choice("of brand", what, 1.0 / np.arange(1, goods.brands + 1) ** 0.7),
        taste=chance.below("of taste", what, goods.tastes),
        list_price=list_price,
        unit_cost=np.round(cost, 2),
        replenish_days=np.where(consumable, np.array(CYCLES)[chance.below("cycle", what, len(CYCLES))], 0),
        launch_day=launch,
        consumable=consumable,
        first=first,
        ids=pl.Series([f"p{number:05d}" for number in what]),
        tables=pl.DataFrame(),
    )
    return _with_table(made, settings, calendar)


def _with_table(made: Catalogue, settings: WorldSettings, calendar: Calendar) -> Catalogue:
    large = made.category * settings.goods.categories_l // settings.goods.categories_m
    launched: NDArray[Any] = np.array([calendar.midnight(int(d)) for d in made.launch_day])
    table = pl.DataFrame(
        {
            "product_id": made.ids,
            "category_l": [f"l{x}" for x in large],
            "category_m": [f"m{x:02d}" for x in made.category],
            "category_s": [f"s{x:02d}{y}" for x, y in zip(made.category, made.brand % 3, strict=True)],
            "taste": [f"taste{x}" for x in made.taste],
            "brand": [f"brand{x:02d}" for x in made.brand],
            "list_price": made.list_price,
            "unit_cost": made.unit_cost,
            "replenish_days": np.where(made.consumable, made.replenish_days, np.nan),
            "launched_at": launched,
        }
    ).with_columns(
        pl.col("replenish_days").fill_nan(None),
        known_at=pl.Series(np.maximum(launched, calendar.midnight(0))),
    )
    values = {name: getattr(made, name) for name in Catalogue.__slots__} | {"tables": table}
    return Catalogue(**values)
