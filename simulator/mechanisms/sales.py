"""Sales: baskets, returns, margin, and the records of purchases."""

from __future__ import annotations

import numpy as np
import polars as pl

from otokui.domain import DAY
from simulator.goods.baskets import Baskets, fill
from simulator.goods.delivery import NAMES, Fate, fate
from simulator.morning import Morning
from simulator.records import flaws
from simulator.records.journal import NO_TIME, taken
from simulator.sends import Floats, Ints


def sell(world: Morning, buyers: Ints, ordered_at: Ints) -> tuple[Floats, Floats]:
    """Let customers buy today, one order each; return margins and paid amounts.

    Both (b,) money, of what stands after returns and cancellations.
    """
    state, day = world.state, world.day
    baskets = fill(world.settings, world.people, state, world.catalogue, world.chance, day, buyers, world.today.on_sale)
    becomes = fate(world.settings, world.chance, day, buyers, ordered_at, baskets)
    share_kept = 1.0 - becomes.returned / baskets.quantity
    stands = ~becomes.cancelled[baskets.order]
    margin: Floats = np.bincount(baskets.order, (baskets.paid - baskets.cost) * share_kept * stands, len(buyers)).astype(np.float64)
    paid: Floats = np.bincount(baskets.order, baskets.paid * stands, len(buyers)).astype(np.float64)
    state.purchases[buyers] += 1
    state.last_purchase[buyers] = day
    state.cart_day[buyers] = world.NEVER
    state.pull[buyers] = 0.0
    arrives = np.where(becomes.delivered_at == NO_TIME, 0, (becomes.delivered_at - world.calendar.midnight(day)) // DAY)
    state.undelivered_until[buyers] = np.where(arrives > 0, day + arrives, day)
    _record(world, buyers, ordered_at, baskets, becomes)
    return margin, paid


def _record(world: Morning, buyers: Ints, ordered_at: Ints, baskets: Baskets, becomes: Fate) -> None:
    day, journal, settings = world.day, world.journal, world.settings.records
    order_ids = pl.select(pl.format("o{}-{}", pl.lit(day), pl.Series(buyers))).to_series()
    known = flaws.late(settings, world.chance, "order", buyers, ordered_at, day)
    places = np.array(NAMES, dtype=object)[becomes.place]
    places[flaws.dirty(settings, world.chance, "place", buyers, day)] = "kiosk"
    order = {
        "order_id": order_ids,
        "customer_id": world.ids[buyers],
        "ordered_at": ordered_at,
        "place": pl.Series(places, dtype=pl.String),
        "coupon_id": world.coupon_ids[world.state.coupon[buyers] + 1],
    }
    at_once = becomes.delivered_at == ordered_at
    journal.add("orders", order | {"delivered_at": np.where(at_once, ordered_at, NO_TIME), "known_at": known}, day)
    for name, when in (("delivered_at", becomes.delivered_at), ("cancelled_at", becomes.cancelled_at)):
        later = np.flatnonzero((when != NO_TIME) & ~at_once)
        journal.add("orders", taken(order, later) | {name: when[later], "known_at": np.maximum(when[later], known[later] + 1)}, day)
    row = baskets.order
    quantity = baskets.quantity.astype(np.float64)
    quantity[flaws.dirty(settings, world.chance, "quantity", buyers[row], day, baskets.product)] *= -1
    line = {
        "order_id": order_ids[row],
        "product_id": world.catalogue.ids[baskets.product],
        "quantity": quantity,
        "paid_amount": baskets.paid,
        "list_amount": baskets.listed,
    }
    journal.add("order_lines", line | {"known_at": known[row]}, day)
    back = np.flatnonzero(becomes.returned > 0)
    returned = {"returned_quantity": becomes.returned[back].astype(np.float64)}
    seen = np.maximum(becomes.returned_at[back], known[row[back]] + 1)
    journal.add("order_lines", taken(line, back) | returned | {"known_at": seen}, day)
