"""Reward of a decision in money: margin of purchases in time, less contact costs.

Counted for silence just as for a contact, from the purchases on record; what a send engine calls a conversion exists
for contacts only, and would make every contact look good.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from otokui.domain import DAY
from otokui.frames import Floats, Ints
from otokui.settings.settings import Settings
from pipelines.measurement.policy_evaluation.logged_decisions import ReplayedPolicies


def rewards(replayed: ReplayedPolicies, bought: pl.DataFrame, settings: Settings, reward_days: float) -> Floats:
    """Return the reward of each decision, (n,) money.

    Margin within ``reward_days``, less channel cost, less the incentive of customers who bought.

    bought: one row per purchase with customer_id, purchased_at (epoch seconds) and paid_amount. A message or channel that is no
    longer in the settings costs nothing, which is the same for both policies.
    """
    spent, count = spending(replayed.customer_ids, replayed.as_of, bought, round(reward_days * DAY))
    scale = settings.decisions.cost_scale
    channels = {channel.name: channel.cost * scale for channel in settings.channels}
    incentives = {message.message_id: message.incentive_cost * scale for message in settings.messages}
    contact = np.array([0.0, *(channels.get(channel, 0.0) for _, channel in replayed.names)])
    incentive = np.array([0.0, *(incentives.get(message, 0.0) for message, _ in replayed.names)])
    earned: Floats = spent * settings.shop.margin_rate - contact[replayed.actions] - incentive[replayed.actions] * (count > 0)
    return earned


def spending(customer_ids: Sequence[str], as_of: Ints, bought: pl.DataFrame, window: int) -> tuple[Floats, Floats]:
    """Return money spent and purchases of each customer in the window, (n,) each.

    The window is ``[as_of, as_of + window)``.
    """
    decisions = pl.DataFrame({"row": np.arange(len(as_of)), "customer_id": list(customer_ids), "at": as_of})
    purchases = (
        decisions.join(bought.select("customer_id", "purchased_at", "paid_amount"), on="customer_id")
        .filter((pl.col("purchased_at") >= pl.col("at")) & (pl.col("purchased_at") < pl.col("at") + window))
        .group_by("row")
        .agg(pl.col("paid_amount").sum(), pl.len().alias("count"))
        .sort("row")
    )
    spent, count = np.zeros(len(as_of)), np.zeros(len(as_of))
    rows = purchases["row"].to_numpy()
    spent[rows], count[rows] = purchases["paid_amount"].to_numpy(), purchases["count"].to_numpy()
    return spent, count
