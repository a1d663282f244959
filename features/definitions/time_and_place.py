"""Features of time and place of purchases, and of orders under way.

Time is by year, week and day.
"""

from __future__ import annotations

import numpy as np

from features.anchored import power_of_two
from features.arithmetic import added, days_since, decay, ratio
from features.definitions.calendar import local_quarter
from features.feature import Change, feature
from features.summaries.order_facts import UNDER_WAY_HALF_LIFE_DAYS
from otokui.domain import DAY
from otokui.frames import Floats

NEVER = "never bought"
NO_ORDERS = "never bought, or no order records"
UNDER_WAY_DAYS = 45.0
"""Days after which an order without a delivery is given up."""

_FADED = power_of_two(-UNDER_WAY_DAYS / UNDER_WAY_HALF_LIFE_DAYS)
"""Weight of an order of that age."""


@feature(unit="share, 0..1", null=NO_ORDERS, source="orders")
def cancelled_share(cancelled_count: Floats, purchase_count: Floats) -> Floats:
    """Share of orders that were cancelled. From: orders."""
    return ratio(cancelled_count, cancelled_count + purchase_count)


@feature(unit="share, 0..1", null=NO_ORDERS, source="orders", change=Change("use a coupon"))
def coupon_share(coupon_count: Floats, purchase_count: Floats) -> Floats:
    """Share of purchases made with a coupon. From: orders."""
    return ratio(coupon_count, purchase_count)


@feature(unit="share, 0..1", null="no purchase with a known place", source="orders", change=Change("buy online"))
def ec_share(place_ec_count: Floats, place_store_count: Floats, place_phone_count: Floats) -> Floats:
    """Share of purchases made online, where the place is known. From: orders."""
    return ratio(place_ec_count, place_ec_count + place_store_count + place_phone_count)


@feature(unit="share, 0..1", null="no purchase with a known place", source="orders", change=Change("buy in a store"))
def store_share(place_ec_count: Floats, place_store_count: Floats, place_phone_count: Floats) -> Floats:
    """Share of purchases made in a store, where the place is known. From: orders."""
    return ratio(place_store_count, place_ec_count + place_store_count + place_phone_count)


@feature(unit="share, 0..1", null=NEVER, source="order_lines")
def weekend_share(weekend_purchase_count: Floats, purchase_count: Floats) -> Floats:
    """Share of purchases made on a Saturday or Sunday, local time. From: order_lines."""
    return ratio(weekend_purchase_count, purchase_count)


@feature(unit="share, 0..1", null=NEVER, source="order_lines")
def season_share(purchase_quarter: Floats, purchase_count: Floats, as_of: float, local_offset_seconds: float) -> Floats:
    """Share of purchases that fell in the present quarter of any year. From: order_lines."""
    return ratio(purchase_quarter[local_quarter(as_of, local_offset_seconds)], purchase_count)


@feature(unit="share, 0.25..1", null=NEVER, source="order_lines")
def season_concentration(purchase_quarter: Floats, purchase_count: Floats) -> Floats:
    """Share of purchases that fell in the strongest quarter: seasonal-need customers. From: order_lines."""
    q1, q2, q3, q4 = purchase_quarter
    return ratio(np.maximum(np.maximum(q1, q2), np.maximum(q3, q4)), purchase_count)


@feature(unit="share, 0..1", null="nothing done at a known hour", source="order_lines, events, contacts")
def evening_share(active_hour: Floats) -> Floats:
    """Share of purchases, events and openings from 18 to 24 o'clock, local time. From: order_lines, events, contacts."""
    return ratio(active_hour[6] + active_hour[7], added(active_hour))


@feature(unit="share, 0..1", null="nothing done at a known hour", source="order_lines, events, contacts")
def morning_share(active_hour: Floats) -> Floats:
    """Share of purchases, events and openings from 6 to 12 o'clock, local time. From: order_lines, events, contacts."""
    return ratio(active_hour[2] + active_hour[3], added(active_hour))


@feature(unit="orders, >= 0", null="no order records", source="orders and deliveries")
def undelivered_orders(
    deliverable_count: Floats,
    delivered_count: Floats,
    deliverable_decay_14: Floats,
    delivered_decay_14: Floats,
    last_open_order_at: Floats,
    delivered_order_at: Floats,
    as_of: float,
) -> Floats:
    """Orders on their way. An order without news for 45 days is given up. From: orders and deliveries.

    An order counts as on its way by counts that halve with its age, so that old orders without a recorded delivery do not
    add up to one, or if the newest order is newer than any that arrived.
    """
    # fmax takes the number where the other is NaN: with no delivery on record, none has arrived.
    weight_under_way = decay(deliverable_decay_14 - np.fmax(delivered_decay_14, 0.0), as_of, 14)
    newest_is_open = ~(last_open_order_at <= delivered_order_at)
    waited_for = last_open_order_at >= as_of - UNDER_WAY_DAYS * DAY
    under_way = waited_for & ((weight_under_way > _FADED) | newest_is_open)
    # A shop without orders has a null count, which stays null.
    return under_way.astype(np.float64) * np.maximum(deliverable_count - np.fmax(delivered_count, 0.0), 1.0)


@feature(unit="days, >= 0", null="no delivery", source="deliveries")
def days_since_delivery(last_delivered_at: Floats, as_of: float) -> Floats:
    """Days since the last delivery arrived. From: deliveries."""
    return days_since(last_delivered_at, as_of)


@feature(unit="days, >= 0", null="no delivery", source="deliveries")
def mean_delivery_days(delivery_days_sum: Floats, delivered_count: Floats) -> Floats:
    """Mean days from order to delivery. From: deliveries."""
    return ratio(delivery_days_sum, delivered_count)
