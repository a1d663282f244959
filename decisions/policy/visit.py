"""Visit of a customer at a pull channel, from the call's context.

A pull channel (site banner, staff in a store) is used only where the customer is already there. The visit is an input of the decision: it
is logged with it, and belongs to its id, so that two moments of one second are two decisions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Self

import numpy as np

from otokui.domain import Instant
from otokui.frames import Batch, Texts

WAITED_FOR: Final = ("days_since_cart_add", "days_since_product_view")
"""Columns whose lower bound makes a message wait until the customer has left; during the visit it does not apply."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Visit of one customer over a pull channel.

    page, store: where, for the log; products_seen, cart: product ids, best first; cart None = not known, () = empty;
    at: when the products were seen, UTC seconds.
    """

    channel: str
    at: Instant
    page: str | None = None
    products_seen: tuple[str, ...] = ()
    cart: tuple[str, ...] | None = None
    store: str | None = None

    def to_json(self) -> str:
        """Return the visit as JSON for the log; equal visits give equal bytes."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a visit from the JSON of the log."""
        document = json.loads(text)
        cart = document["cart"]
        lists = {"products_seen": tuple(document["products_seen"]), "cart": None if cart is None else tuple(cart)}
        return cls(**{**document, **lists})

    def digest(self) -> str:
        """Return a short digest of the visit."""
        return hashlib.blake2b(self.to_json().encode(), digest_size=16).hexdigest()

    @property
    def products(self) -> tuple[str, ...]:
        """Products of the visit, those in the cart first, each once."""
        return tuple(dict.fromkeys((*(self.cart or ()), *self.products_seen)))


def with_visits(summaries: Batch, visits: Sequence[Visit]) -> Batch:
    """Return summaries, (n, facts), that know of the visits; doing it twice changes nothing.

    A cart that is known to be empty is no abandoned cart.
    """
    values = summaries.values.copy()
    at = np.array([float(visit.at) for visit in visits])
    carts = np.array([np.nan if visit.cart is None else float(len(visit.cart)) for visit in visits])
    seen = np.array([bool(visit.products_seen) for visit in visits], dtype=bool)
    for name, rows in (("last_visit_at", np.ones(len(at), dtype=bool)), ("last_product_view_at", seen), ("last_cart_add_at", carts > 0)):
        if name in summaries.names:
            column = values[:, summaries.names.index(name)]
            column[rows] = np.fmax(column[rows], at[rows])
    if "last_cart_add_at" in summaries.names:
        values[carts == 0, summaries.names.index("last_cart_add_at")] = np.nan
    return Batch(summaries.customer_ids, summaries.names, values)


def visits_of(visits: Sequence[Visit]) -> Texts:
    """Return visits as the object array, (n,), that a customer batch carries."""
    out = np.empty(len(visits), dtype=object)
    out[:] = visits
    return out
