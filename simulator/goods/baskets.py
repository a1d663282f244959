"""Baskets of purchases: products by category, taste and brand, list or sale price.

Customers keep to a first and a second category, to a brand and a taste (category, taste, brand: the CTB of the trade);
the trend-first take what is new, the need-led buy the same consumable again, the sale-only take what is reduced. Basket
sizes are geometric around the customer's own mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.chance import Chance
from simulator.customers.customer_state import SimulatedState
from simulator.customers.people import NEED, TREND, ZIPF, People
from simulator.goods.catalogue import Catalogue
from simulator.sends import Floats, Ints
from simulator.settings.world_settings import WorldSettings

MOST_LINES: Final = 12
SECOND_CATEGORY: Final = 0.25
NEW_SHARE, NEWEST = 0.6, 0.15
IN_SALE: Final = (0.5, 0.55, 0.95)
MARKED_DOWN: Final = (0.6, 0.7, 2.6)
"""By temperament: share of lines that are reduced in a sale; and outside of one, relative to the settings' share."""
PAIR: Final = 0.15


@dataclass(frozen=True, slots=True)
class Baskets:
    """Lines of today's purchases; ``order`` is the place of the buyer. Amounts are money for the whole line."""

    order: Ints
    product: Ints
    quantity: Ints
    paid: Floats
    listed: Floats
    cost: Floats


def fill(
    settings: WorldSettings,
    people: People,
    state: SimulatedState,
    catalogue: Catalogue,
    chance: Chance,
    day: int,
    buyers: Ints,
    on_sale: bool,
) -> Baskets:
    """Return what these customers buy today and remember the first product of each."""
    goods = settings.goods
    mean = np.maximum((goods.lines_per_order - 1.0) * people.spend_level[buyers], 1e-6)
    u = chance.uniform("lines", buyers, day)
    lines = 1 + np.minimum(np.floor(np.log(u) / np.log(mean / (1.0 + mean))), MOST_LINES - 1).astype(np.int64)
    order = np.repeat(np.arange(len(buyers)), lines)
    slot = np.arange(len(order)) - np.repeat(np.cumsum(lines) - lines, lines)
    who = buyers[order]
    product = _products(settings, people, state, catalogue, chance, day, who, slot)
    # One line a product: bought twice is a quantity of two.
    key = order * len(catalogue.category) + product
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    pieces = 1 + (chance.uniform("quantity", who, day, slot) < PAIR * (1 + catalogue.consumable[product]))
    quantity = np.bincount(inverse, weights=pieces).astype(np.int64)
    order, product, slot, who = order[first], product[first], slot[first], who[first]
    off = _discounts(settings, people, chance, day, who, slot, on_sale)
    listed = catalogue.list_price[product] * quantity
    state.last_product[buyers[order[slot == 0]]] = product[slot == 0]
    return Baskets(order, product, quantity, np.round(listed * (1.0 - off), 2), listed, catalogue.unit_cost[product] * quantity)


def _products(
    settings: WorldSettings, people: People, state: SimulatedState, catalogue: Catalogue, chance: Chance, day: int, who: Ints, slot: Ints
) -> Ints:
    goods = settings.goods
    taken = chance.uniform("category of", who, day, slot)
    category = np.where(taken < goods.own_category, people.category[who], people.second_category[who]).astype(np.int64)
    elsewhere = taken > goods.own_category + SECOND_CATEGORY
    category[elsewhere] = chance.choice(
        "any category", who[elsewhere], 1.0 / np.arange(1, goods.categories_m + 1) ** ZIPF, day, slot[elsewhere]
    )
    there = catalogue.on_sale_by(day)[category]
    one, other = (np.floor(there * chance.uniform("product", who, day, slot * 2 + k) ** 2.2).astype(np.int64) for k in (0, 1))
    begin = catalogue.first[category]
    likes = [
        (catalogue.brand[begin + x] == people.brand[who]) * 1 + (catalogue.taste[begin + x] == people.taste[who]) for x in (one, other)
    ]
    place = np.where(likes[1] > likes[0], other, one)
    newest = there - 1 - np.floor(there * NEWEST * chance.uniform("newest", who, day, slot)).astype(np.int64)
    for_new = (people.temperament[who] == TREND) & (chance.uniform("for new", who, day, slot) < NEW_SHARE)
    product = begin + np.where(for_new, newest, place)
    last = state.last_product[who]
    again = (last >= 0) & (people.temperament[who] == NEED) & (slot == 0) & catalogue.consumable[last]
    again &= chance.uniform("rebuy", who, day) < goods.rebuy
    return np.where(again, last, product)


def _discounts(settings: WorldSettings, people: People, chance: Chance, day: int, who: Ints, slot: Ints, on_sale: bool) -> Floats:
    """Return what is taken off, as a share, in steps of five per cent."""
    goods, temper = settings.goods, people.temperament[who]
    likely = np.take(IN_SALE, temper) if on_sale else np.minimum(goods.markdown_share * np.take(MARKED_DOWN, temper), 0.9)
    reduced = chance.uniform("reduced", who, day, slot) < likely
    depth = goods.sale_discount * (0.6 + 0.8 * chance.uniform("depth", who, day, slot))
    return np.where(reduced, np.maximum(np.round(depth * 20), 1) / 20, 0.0)
