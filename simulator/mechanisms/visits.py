"""The records of looking around: visits, clicks, enquiries, app and store visits, as behaviour events."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from simulator.customers.active_hours import seconds_of_day
from simulator.customers.browsing import CART, FAVOURITE, TYPES, VIEW, visits
from simulator.customers.churn import enquiries
from simulator.morning import Morning
from simulator.records import flaws
from simulator.sends import Ints

DEVICES: Final = ("mobile", "mobile", "mobile", "desktop")
SOURCES: Final = ("direct", "search", "social", "app")
ENQUIRY_PART: Final = 99


def visit(world: Morning) -> int:
    """Let customers look around and ask; lay the events down and return how many."""
    who, kind, part = visits(world.settings, world.people, world.state, world.chance, world.day)
    asks = enquiries(world.settings, world.people, world.state, world.chance, world.day)
    names = np.array([*TYPES], dtype=object)[kind]
    product = _looked_at(world, who, kind, part)
    everyone = np.concatenate([who, asks])
    parts = np.concatenate([part, np.full(len(asks), ENQUIRY_PART)])
    types = pl.Series(np.concatenate([names, np.full(len(asks), "enquiry", dtype=object)]), dtype=pl.String)
    products = pl.Series(np.concatenate([product, np.full(len(asks), -1)]))
    _lay_down(world, everyone, parts, types, products)
    return len(everyone)


def _looked_at(world: Morning, who: Ints, kind: Ints, part: Ints) -> Ints:
    """Return products seen, -1 where the event is about none: of the first category mostly, what is popular first."""
    chance, catalogue, day = world.chance, world.catalogue, world.day
    own_category = chance.uniform("looks at category", who, day, part) < world.settings.goods.own_category
    category = np.where(own_category, world.people.category[who], world.people.second_category[who])
    there = catalogue.on_sale_by(day)[category]
    product = catalogue.first[category] + np.floor(there * chance.uniform("looks at", who, day, part) ** 2.2).astype(np.int64)
    return np.where(np.isin(kind, (VIEW, CART, FAVOURITE)), product, -1)


def _lay_down(world: Morning, who: Ints, part: Ints, types: pl.Series, products: pl.Series) -> None:
    day, chance, settings = world.day, world.chance, world.settings.records
    second = seconds_of_day(world.people, who, world.weekend, chance, "visit time", day, part)
    at = world.calendar.midnight(day) + second
    rows: dict[str, Any] = {
        "event_id": pl.select(pl.format("e{}-{}-{}", pl.lit(day), pl.Series(who), pl.Series(part))).to_series(),
        "customer_id": world.ids[who],
        "occurred_at": at,
        "type": types,
        "product_id": world.product_ids[products + 1],
        "source": pl.Series(SOURCES)[chance.below("visit source", who, len(SOURCES), day, part)],
        "device": pl.Series(DEVICES)[chance.below("device", who, len(DEVICES))],
        "known_at": flaws.late(settings, chance, "event", who, at, day, part),
    }
    soiled = flaws.dirty(settings, chance, "event", who, day, part)
    if soiled.any():
        rows["type"] = pl.select(pl.when(pl.Series(~soiled)).then(types)).to_series()
    world.journal.add("events", flaws.twice(settings, chance, rows, who, day, part), day)
