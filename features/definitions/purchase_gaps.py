"""Features of purchase gaps: their mean and spread, and the present gap against them."""

from __future__ import annotations

import numpy as np

from features.arithmetic import added, days_since, greatest, how_many, least, positive, ratio
from features.feature import feature, shared
from otokui.domain import DAY
from otokui.frames import Floats

ONCE = "bought fewer than twice"
TWICE = "bought fewer than three times"
PURCHASES = "order_lines"


@shared
def recent_gaps(purchase_at: Floats) -> Floats:
    """Gaps between the last eight purchases, newest first, days, (7, n); NaN for none."""
    gaps: Floats = (purchase_at[:-1] - purchase_at[1:]) / DAY
    return gaps


@shared
def recent_gap_count(recent_gaps: Floats) -> Floats:
    """Number of recent purchase gaps, NaN for none."""
    return positive(how_many(recent_gaps >= 0.0))


@shared
def recent_gap_mean(last_purchase_at: Floats, purchase_at: Floats, recent_gap_count: Floats) -> Floats:
    """Mean of the recent purchase gaps, days."""
    return (last_purchase_at - least(purchase_at)) / DAY / recent_gap_count


@shared
def recent_gap_std(recent_gaps: Floats, recent_gap_mean: Floats, recent_gap_count: Floats) -> Floats:
    """Standard deviation (population) of the recent purchase gaps, days.

    NaN for fewer than two.
    """
    apart = recent_gaps - recent_gap_mean
    # fmax takes the number where the other is NaN: a gap that is not there adds nothing.
    squares = added(np.fmax(apart * apart, 0.0))
    return np.sqrt(squares / np.where(recent_gap_count > 1.0, recent_gap_count, np.nan))


@feature(unit="days, >= 0", null=ONCE, source=PURCHASES)
def mean_gap_days(first_purchase_at: Floats, last_purchase_at: Floats, purchase_count: Floats) -> Floats:
    """Mean days between purchases, all time. From: order_lines."""
    return ratio((last_purchase_at - first_purchase_at) / DAY, purchase_count - 1.0)


@feature(unit="days, >= 0", null=ONCE, source=PURCHASES)
def recent_gap_mean_days(recent_gap_mean: Floats) -> Floats:
    """Mean days between the last eight purchases. From: order_lines."""
    return recent_gap_mean


@feature(unit="days, >= 0", null=TWICE, source=PURCHASES)
def recent_gap_std_days(recent_gap_std: Floats) -> Floats:
    """How much the gaps between the last eight purchases vary, in days: population standard deviation. From: order_lines."""
    return recent_gap_std


@feature(unit="days, >= 0", null=ONCE, source=PURCHASES)
def recent_gap_min_days(recent_gaps: Floats) -> Floats:
    """Shortest gap between the last eight purchases. From: order_lines."""
    return least(recent_gaps)


@feature(unit="days, >= 0", null=ONCE, source=PURCHASES)
def recent_gap_max_days(recent_gaps: Floats) -> Floats:
    """Longest gap between the last eight purchases. From: order_lines."""
    return greatest(recent_gaps)


@feature(unit="days, >= 0", null=ONCE, source=PURCHASES)
def last_gap_days(purchase_at_1: Floats, purchase_at_2: Floats) -> Floats:
    """Days between the last purchase and the one before. From: order_lines."""
    return (purchase_at_1 - purchase_at_2) / DAY


@feature(unit="days, >= 0", null=TWICE, source=PURCHASES)
def second_last_gap_days(purchase_at_2: Floats, purchase_at_3: Floats) -> Floats:
    """Days between the second last purchase and the one before. From: order_lines."""
    return (purchase_at_2 - purchase_at_3) / DAY


@feature(unit="ratio, 1 = steady, above = slowing", null="bought fewer than twice, or always at once", source=PURCHASES)
def gap_trend(recent_gaps: Floats, recent_gap_mean: Floats) -> Floats:
    """The last gap against the mean of the recent ones. From: order_lines."""
    return ratio(recent_gaps[0], recent_gap_mean)


@feature(unit="ratio, 0 = clockwork", null="bought fewer than three times, or always at once", source=PURCHASES)
def gap_variation(recent_gap_std: Floats, recent_gap_mean: Floats) -> Floats:
    """How uneven the recent gaps are, 0 = like clockwork: their coefficient of variation. From: order_lines."""
    return ratio(recent_gap_std, recent_gap_mean)


@feature(unit="ratio, 1 = due today", null="bought fewer than twice, or always at once", source=PURCHASES)
def overdue_ratio(first_purchase_at: Floats, last_purchase_at: Floats, purchase_count: Floats, as_of: float) -> Floats:
    """Days since the last purchase against the customer's own mean gap between purchases. From: order_lines."""
    gap = mean_gap_days.define(first_purchase_at, last_purchase_at, purchase_count)
    return ratio(days_since(last_purchase_at, as_of), gap)


@feature(unit="ratio, 1 = due today", null="bought fewer than twice, or always at once", source=PURCHASES)
def recent_overdue_ratio(last_purchase_at: Floats, recent_gap_mean: Floats, as_of: float) -> Floats:
    """Days since the last purchase against the mean gap of the last eight purchases. From: order_lines."""
    return ratio(days_since(last_purchase_at, as_of), recent_gap_mean)


@feature(unit="ratio, above 1 = longer than ever lately", null="bought fewer than twice, or always at once", source=PURCHASES)
def longest_gap_ratio(last_purchase_at: Floats, recent_gaps: Floats, as_of: float) -> Floats:
    """Days since the last purchase against the longest of the recent gaps. From: order_lines."""
    return ratio(days_since(last_purchase_at, as_of), greatest(recent_gaps))


@feature(unit="standard deviations, 0 = due today", null="bought fewer than three times, or like clockwork", source=PURCHASES)
def overdue_deviations(last_purchase_at: Floats, recent_gap_mean: Floats, recent_gap_std: Floats, as_of: float) -> Floats:
    """How far the days since the last purchase lie beyond the mean recent gap, in its own spread. From: order_lines."""
    return ratio(days_since(last_purchase_at, as_of) - recent_gap_mean, recent_gap_std)


@feature(unit="days, below 0 = overdue", null=ONCE, source=PURCHASES)
def days_to_expected_purchase(last_purchase_at: Floats, recent_gap_mean: Floats, as_of: float) -> Floats:
    """Days until one mean recent gap has passed since the last purchase. From: order_lines."""
    return recent_gap_mean - days_since(last_purchase_at, as_of)
