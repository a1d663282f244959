"""Facts of behaviour other than buying: visits, views, searches, carts, favourites, enquiries.

An enquiry is no visit: a customer with a complaint is not one who came to look round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import narwhals as nw

from features.anchored import weight
from features.local_time import hours_bucket
from features.summaries.fact import Adds, Fact, FactPart, FactStage, Frame, Records, flag, highest, known, total
from otokui.domain import Instant


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Kind of behaviour: name, event filter, wording and half-lives."""

    name: str
    where: nw.Expr
    says: str
    half_lives_days: tuple[int, ...] = ()


_TYPE = nw.col("type")

BEHAVIOURS: Final = (
    Behaviour("visit", _TYPE != "enquiry", "events of any type but enquiries", (14, 90)),
    Behaviour("product_view", _TYPE == "product_view", "product views", (14, 90)),
    Behaviour("search", _TYPE == "search", "searches", (30,)),
    Behaviour("cart_add", _TYPE == "cart_add", "products put in the cart", (30,)),
    Behaviour("cart_remove", _TYPE == "cart_remove", "products taken out of the cart"),
    Behaviour("favourite", _TYPE == "favourite", "favourites marked", (90,)),
    Behaviour("enquiry", _TYPE == "enquiry", "enquiries and support tickets", (30,)),
    Behaviour("store_visit", _TYPE == "store_visit", "visits to a store"),
    Behaviour("app_open", _TYPE == "app_open", "openings of the app"),
    Behaviour("event_attendance", _TYPE == "event_attendance", "events attended"),
    Behaviour("download", _TYPE == "download", "documents downloaded"),
)


def _events(records: Records, cutoff: Instant) -> Frame:
    half_lives = sorted({days for behaviour in BEHAVIOURS for days in behaviour.half_lives_days})
    return known(records, "events", cutoff).select(
        "customer_id",
        "type",
        "occurred_at",
        hours_bucket(nw.col("occurred_local")).alias("hours"),
        *(weight("occurred_at", days).alias(f"weight_{days}") for days in half_lives),
    )


STAGE = FactStage("events", ("events",), _events)


def _facts(behaviour: Behaviour) -> tuple[Fact, ...]:
    name, where, says = behaviour.name, behaviour.where, behaviour.says
    return (
        total("events", f"{name}_count", flag(where), says),
        *(
            total(
                "events",
                f"{name}_decay_{days}",
                nw.when(where).then(nw.col(f"weight_{days}")).otherwise(nw.lit(0.0)),
                f"{says}, halving every {days} days, anchored",
                Adds.REAL,
            )
            for days in behaviour.half_lives_days
        ),
        highest("events", f"last_{name}_at", nw.when(where).then(nw.col("occurred_at")), f"the last of: {says}"),
    )


FACTS: tuple[Fact, ...] = tuple(fact for behaviour in BEHAVIOURS for fact in _facts(behaviour))

ACTIVE_HOURS = tuple(FactPart("events", flag(nw.col("hours") == k).sum()) for k in range(8))
"""Parts of ``active_hour_0`` .. ``_7`` from events."""
