"""Products shown in a message: the customer's best, for the reasons the message asks for.

Ranking products is a separate question from whether to write at all, and is answered once a night; here the list is only read. The
products shown are logged with the decision, so that replay need not make the list again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import numpy as np

from decisions.decision_table import STATUS_CODE, Decisions
from decisions.policy.visit import Visit
from features.products.evidence import Why
from otokui.domain import Status
from otokui.frames import Ints, Texts
from otokui.settings.contacts.messages import Message


@dataclass(frozen=True, slots=True)
class ProductLists:
    """Product lists of ``n`` customers, best first.

    product_ids: (n, k) text or None; why: (n, k) bits of ``Why``.
    """

    product_ids: Texts
    why: Ints


def show(decisions: Decisions, fetch: Callable[[Sequence[str]], ProductLists], visits: Texts | None = None) -> Decisions:
    """Return the decisions with the products of their message; without a message, none.

    fetch: returns the lists of customers; called only for those whose message names products. visits: (n,); what is in the cart, or was
    just seen, comes first.
    """
    asked_bits = np.array([reasons_shown(message) for message in decisions.policy.offered], dtype=np.int64)
    most = np.array([message.show_most for message in decisions.policy.offered], dtype=np.int64)
    speaking = (decisions.status == STATUS_CODE[Status.CONTACT]) | (decisions.status == STATUS_CODE[Status.CONTROL])
    message = np.where(decisions.considered >= 0, decisions.policy.candidates.message[decisions.considered], 0)
    rows = np.flatnonzero(speaking & (decisions.considered >= 0) & (most[message] > 0))
    shown: list[tuple[str, ...]] = [()] * len(decisions)
    lists = fetch(decisions.customer_ids[rows].tolist())
    for place, row in enumerate(rows.tolist()):
        fits = (lists.why[place] & asked_bits[message[row]]) != 0
        listed = [str(p) for p in lists.product_ids[place][fits] if p is not None]
        now = [] if visits is None else at_hand(visits[row], int(asked_bits[message[row]]))
        shown[row] = tuple(dict.fromkeys((*now, *listed)))[: most[message[row]]]
    return replace(decisions, products=tuple(shown))


def at_hand(visit: Visit, asked_bits: int) -> list[str]:
    """Return the products of a visit that a message may name."""
    products = list(visit.cart or ()) if asked_bits & Why.CART else []
    return products + (list(visit.products_seen) if asked_bits & Why.VIEWED else [])


def no_lists(customer_ids: Sequence[str]) -> ProductLists:
    """Return empty product lists, for a shop that keeps none."""
    return ProductLists(np.empty((len(customer_ids), 0), dtype=object), np.zeros((len(customer_ids), 0), dtype=np.int64))


def reasons_shown(message: Message) -> int:
    """Return the bits of ``Why`` that a message asks for; all by default."""
    names: Sequence[str] = message.show or tuple(why.name.lower() for why in Why if why.name)
    return int(reduce(or_, (Why[name.upper()] for name in names)))
