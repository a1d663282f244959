"""Customer state (mission D5) and current loyalty (D1), by the shop's own rules."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from otokui.domain import DAY, CustomerState, Instant
from otokui.frames import Batch, Bools, Floats
from otokui.settings.definitions import Definitions, LoyalRule, Match

KEPT = 8
"""Purchases in a summary: within_days counts no more than these."""

CODE = {state: np.int8(code) for code, state in enumerate(CustomerState)}


def satisfies(rule: LoyalRule, purchases: Floats, spend: Floats, tenure_days: Floats) -> Bools:
    """Return whether purchases, spend and tenure satisfy a loyal rule, (n,).

    All are (n,), NaN = no; purchases and spend are of the rule's period. Spend is compared to a ten-thousandth, since ten payments of
    0.10 add up to a hair less than 1.
    """
    parts = [
        value >= least
        for value, least in (
            (purchases, rule.purchases_at_least),
            (np.round(spend, 4), rule.spend_at_least),
            (tenure_days, rule.tenure_days_at_least),
        )
        if least is not None
    ]
    together = np.stack(parts)
    satisfied: Bools = np.all(together, axis=0) if rule.match is Match.ALL else np.any(together, axis=0)
    return satisfied


def loyal_now(rule: LoyalRule, vectors: Batch, *, as_of: Instant, summaries: Batch | None = None) -> Bools:
    """Return the customers who are loyal as of now, shape (n,).

    A rule ``within_days`` reads the last purchases from the summaries (spend beyond the eighth does not count); without summaries no
    customer is known to satisfy its purchases or spend.
    """
    tenure = vectors.column("tenure_days")
    if rule.within_days is None:
        return satisfies(rule, vectors.column("purchase_count"), vectors.column("paid_sum"), tenure)
    if summaries is None:
        unknown = np.full(len(vectors), np.nan)
        return satisfies(rule, unknown, unknown, tenure)
    since = as_of - rule.within_days * DAY
    inside = [summaries.column(f"purchase_at_{k}") >= since for k in range(1, KEPT + 1)]
    paid = [np.nan_to_num(summaries.column(f"paid_at_{k}"), nan=0.0) for k in range(1, KEPT + 1)]
    count = np.sum(np.stack(inside), axis=0).astype(np.float64)
    spend = np.sum(np.where(np.stack(inside), np.stack(paid), 0.0), axis=0)
    return satisfies(rule, count, spend, tenure)


def states(vectors: Batch, loyal: Bools, definitions: Definitions) -> npt.NDArray[np.int8]:
    """Return the code of each customer's state (index into list(CustomerState)), shape (n,).

    The first that holds: never bought, churned, dormant, loyal, new, good; else active. Churn comes before loyalty, because a customer
    who was loyal over all time and has not bought for years is no longer loyal.
    """
    count, recency = vectors.column("purchase_count"), vectors.column("recency_days")
    overdue = vectors.column("overdue_ratio")
    late = np.where(np.isfinite(overdue), overdue > definitions.dormant_overdue, recency > definitions.dormant_days)
    code = np.select(
        [
            ~(count >= 1.0),
            recency > definitions.churned_days,
            late,
            loyal,
            vectors.column("tenure_days") <= definitions.new_days,
            count >= definitions.good_purchases,
        ],
        [
            CODE[s]
            for s in (
                CustomerState.PROSPECT,
                CustomerState.CHURNED,
                CustomerState.DORMANT,
                CustomerState.LOYAL,
                CustomerState.NEW,
                CustomerState.GOOD,
            )
        ],
        CODE[CustomerState.ACTIVE],
    )
    return code.astype(np.int8)
