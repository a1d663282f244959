"""Features of purchases: recency, frequency, money and tenure (RFM), with their trends."""

from __future__ import annotations

import numpy as np

from features.arithmetic import days_since, decay, per_day, positive, ratio
from features.feature import Change, feature
from otokui.domain import DAY
from otokui.frames import Floats

NEVER = "never bought"
UNKNOWN = "no purchase records"
PURCHASES = "order_lines"


@feature(unit="days, >= 0", null=NEVER, source=PURCHASES)
def recency_days(last_purchase_at: Floats, as_of: float) -> Floats:
    """Days since the last purchase. From: order_lines (RFM: recency)."""
    return days_since(last_purchase_at, as_of)


@feature(unit="days, >= 0", null=NEVER, source=PURCHASES)
def tenure_days(first_purchase_at: Floats, as_of: float) -> Floats:
    """Days since the first purchase. From: order_lines (BTYD: T, the age of the customer)."""
    return days_since(first_purchase_at, as_of)


@feature(unit="count, >= 0", null=UNKNOWN, source=PURCHASES, change=Change("buy again"))
def purchase_count(purchase_count: Floats) -> Floats:
    """Purchases of all time; an order is one purchase. From: order_lines (RFM: frequency)."""
    return purchase_count


@feature(unit="money, >= 0", null=UNKNOWN, source=PURCHASES)
def paid_sum(paid_sum: Floats) -> Floats:
    """Money paid, all time. From: order_lines (RFM: monetary)."""
    return paid_sum


@feature(unit="money, >= 0", null=NEVER, source=PURCHASES)
def mean_order_value(paid_sum: Floats, purchase_count: Floats) -> Floats:
    """Money per purchase. From: order_lines."""
    return ratio(paid_sum, purchase_count)


@feature(unit="money, >= 0", null=NEVER, source=PURCHASES)
def largest_order_value(paid_max: Floats) -> Floats:
    """Money of the largest purchase. From: order_lines."""
    return paid_max


@feature(unit="money, >= 0", null="bought fewer than twice", source=PURCHASES)
def order_value_std(paid_sum: Floats, paid_square_sum: Floats, purchase_count: Floats) -> Floats:
    """How much the money per purchase varies: population standard deviation. From: order_lines."""
    count = np.where(purchase_count > 1.0, purchase_count, np.nan)
    mean = paid_sum / count
    return np.sqrt(np.maximum(paid_square_sum / count - mean * mean, 0.0))


@feature(unit="money, >= 0", null=NEVER, source=PURCHASES)
def last_order_value(paid_at_1: Floats) -> Floats:
    """Money of the last purchase. From: order_lines."""
    return paid_at_1


@feature(unit="ratio, 1 = as usual", null=NEVER, source=PURCHASES)
def last_order_value_ratio(paid_at_1: Floats, paid_sum: Floats, purchase_count: Floats) -> Floats:
    """Money of the last purchase against the customer's mean. From: order_lines."""
    return ratio(paid_at_1 * purchase_count, paid_sum)


@feature(unit="ratio, 1 = no change", null="bought fewer than four times", source=PURCHASES)
def order_value_trend(paid_at_1: Floats, paid_at_2: Floats, paid_at_3: Floats, paid_at_4: Floats) -> Floats:
    """Money of the last two purchases against the two before. From: order_lines."""
    return ratio(paid_at_1 + paid_at_2, paid_at_3 + paid_at_4)


@feature(unit="purchases a year", null=NEVER, source=PURCHASES)
def purchases_per_year(first_purchase_at: Floats, purchase_count: Floats, as_of: float) -> Floats:
    """Purchases a year since the first. A tenure of less than 30 days counts as 30. From: order_lines."""
    return purchase_count * 365.25 / np.maximum(days_since(first_purchase_at, as_of), 30.0)


@feature(unit="purchases", null=UNKNOWN, source=PURCHASES)
def purchase_decay_14(purchases_decay_14: Floats, as_of: float) -> Floats:
    """Recent purchases, each counting half as much every 14 days. From: order_lines."""
    return decay(purchases_decay_14, as_of, 14)


@feature(unit="purchases", null=UNKNOWN, source=PURCHASES)
def purchase_decay_30(purchases_decay_30: Floats, as_of: float) -> Floats:
    """Recent purchases, each counting half as much every 30 days. From: order_lines."""
    return decay(purchases_decay_30, as_of, 30)


@feature(unit="purchases", null=UNKNOWN, source=PURCHASES)
def purchase_decay_90(purchases_decay_90: Floats, as_of: float) -> Floats:
    """Recent purchases, each counting half as much every 90 days. From: order_lines."""
    return decay(purchases_decay_90, as_of, 90)


@feature(unit="purchases", null=UNKNOWN, source=PURCHASES)
def purchase_decay_365(purchases_decay_365: Floats, as_of: float) -> Floats:
    """Recent purchases, each counting half as much every 365 days. From: order_lines."""
    return decay(purchases_decay_365, as_of, 365)


@feature(unit="money", null=UNKNOWN, source=PURCHASES)
def spend_decay_30(spend_decay_30: Floats, as_of: float) -> Floats:
    """Money paid lately, counting half as much every 30 days. From: order_lines."""
    return decay(spend_decay_30, as_of, 30)


@feature(unit="money", null=UNKNOWN, source=PURCHASES)
def spend_decay_90(spend_decay_90: Floats, as_of: float) -> Floats:
    """Money paid lately, counting half as much every 90 days. From: order_lines."""
    return decay(spend_decay_90, as_of, 90)


@feature(unit="money", null=UNKNOWN, source=PURCHASES)
def spend_decay_365(spend_decay_365: Floats, as_of: float) -> Floats:
    """Money paid lately, counting half as much every 365 days. From: order_lines."""
    return decay(spend_decay_365, as_of, 365)


@feature(unit="ratio, 1 = steady", null=NEVER, source=PURCHASES)
def purchase_acceleration(purchases_decay_30: Floats, purchases_decay_365: Floats, as_of: float) -> Floats:
    """Rate of purchases of the last month against that of the last year. From: order_lines."""
    return ratio(per_day(decay(purchases_decay_30, as_of, 30), 30), per_day(decay(purchases_decay_365, as_of, 365), 365))


@feature(unit="ratio, 1 = steady", null=NEVER, source=PURCHASES)
def purchase_acceleration_short(purchases_decay_14: Floats, purchases_decay_90: Floats, as_of: float) -> Floats:
    """Rate of purchases of the last fortnight against that of the last quarter. From: order_lines."""
    return ratio(per_day(decay(purchases_decay_14, as_of, 14), 14), per_day(decay(purchases_decay_90, as_of, 90), 90))


@feature(unit="ratio, 1 = steady", null=NEVER, source=PURCHASES)
def spend_acceleration(spend_decay_90: Floats, spend_decay_365: Floats, as_of: float) -> Floats:
    """Rate of money paid in the last quarter against that of the last year. From: order_lines."""
    return ratio(per_day(decay(spend_decay_90, as_of, 90), 90), per_day(decay(spend_decay_365, as_of, 365), 365))


@feature(unit="purchases, >= 0", null=NEVER, source=PURCHASES)
def repeat_count(purchase_count: Floats) -> Floats:
    """Purchases after the first. From: order_lines (BTYD: x; Fader, Hardie, Lee 2005)."""
    return positive(purchase_count) - 1.0


@feature(unit="days, >= 0", null=NEVER, source=PURCHASES)
def last_repeat_age_days(first_purchase_at: Floats, last_purchase_at: Floats) -> Floats:
    """Days from the first purchase to the last. From: order_lines (BTYD: t_x; Fader, Hardie, Lee 2005)."""
    return (last_purchase_at - first_purchase_at) / DAY


@feature(unit="share, 0..1", null="bought first less than a moment ago, or never", source=PURCHASES)
def active_share_of_tenure(first_purchase_at: Floats, last_purchase_at: Floats, as_of: float) -> Floats:
    """Share of the time since the first purchase that lies before the last one. From: order_lines (BTYD: t_x / T)."""
    return np.minimum((last_purchase_at - first_purchase_at) / positive(as_of - first_purchase_at), 1.0)
