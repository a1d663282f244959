"""New customers: how many come, and what each buys in the first months.

Both are learnt from the shop's own acquisitions.

Predictions speak of the customers on record; a forecast of the whole base also needs customers who will buy for the first time. Kept
apart from it because it is a model of its own: a rate of arrivals with a damped trend (Gardner and McKenzie 1985), fitted to daily first
purchases that count less the older they are; and the mean cumulative orders and money of a newcomer by age (Nelson 2003, *Recurrent
Events Data Analysis*), where a newcomer counts at an age only once they have been seen that long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.domain import DAY, Instant
from otokui.frames import Floats
from training.data.purchase_history import History

HALF_LIFE_DAYS = 30.0
"""How fast the rate of arrivals forgets: a day counts half of one this much later."""
DAMPING_DAYS = 30.0
"""A trend goes on, and has lost all but 1/e of its strength after so many days: neither boom nor decline is for ever."""
SLOPE_SPREAD = 0.3
"""Spread of trends taken for usual, log scale per 30 days: where few arrive, no trend is believed."""
LOOK_BACK_DAYS = 180
"""Newcomers of so many days teach what a newcomer brings; of all time where these are fewer than LEAST_NEWCOMERS."""
LEAST_NEWCOMERS = 50


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Arrivals of new customers per day, and their cumulative orders and money by age.

    per_day (A,): first purchases on each coming day; orders, money (A,): the mean of a newcomer through each day of age.
    """

    per_day: Floats
    orders: Floats
    money: Floats

    def expected(self, days: int) -> tuple[float, float, float]:
        """Return newcomers within ``days`` (at most A), their orders, and their money."""
        came = self.per_day[:days]
        left = came[::-1]
        return float(came.sum()), float(left @ self.orders[:days]), float(left @ self.money[:days])


def learn_arrivals(history: History, at: Instant, longest_days: int) -> Arrivals:
    """Return the arrivals that the purchases before ``at`` speak of, for ``longest_days`` ahead.

    The first weeks on record show old customers as new: what their fading leaves behind is a falling trend.
    """
    seen = history.purchased_at < at
    customer, when, paid = history.customer[seen], history.purchased_at[seen], history.paid[seen]
    if not len(when):
        return Arrivals(*(np.zeros(longest_days),) * 3)
    begins = np.ones(len(customer), dtype=np.bool_)
    begins[1:] = customer[1:] != customer[:-1]
    first = when[begins]
    ago = (at - first) / DAY
    rate = coming_rate(ago, (at - int(when.min())) / DAY, longest_days)

    who = np.cumsum(begins) - 1
    recent = ago <= LOOK_BACK_DAYS
    taught = recent if int(recent.sum()) >= LEAST_NEWCOMERS else np.ones(len(first), dtype=np.bool_)
    age = ((when - first[who]) // DAY).astype(np.int64)
    # A day of age counts for whoever has been seen through it; the first purchase is its own day.
    whole = taught[who] & (age < longest_days) & ((ago[who] >= age + 1.0) | (age == 0))
    seen_days = ago[taught]
    at_risk = np.array([len(seen_days), *((seen_days >= a + 1.0).sum() for a in range(1, longest_days))], dtype=np.float64)

    def cumulated(weight: Floats) -> Floats:
        added = np.bincount(age[whole], weights=weight[whole], minlength=longest_days)
        total: Floats = np.cumsum(added / np.maximum(at_risk, 1.0))
        return total

    return Arrivals(rate, cumulated(np.ones(len(when))), cumulated(paid))


def coming_rate(ago_days: Floats, observed_days: float, longest_days: int) -> Floats:
    """Return expected arrivals on each coming day (longest_days,).

    From how many days ago each newcomer came (n,).

    Penalised Poisson regression of daily counts on time, by Newton's method; its slope goes on damped.
    """
    days = max(1, int(min(observed_days, 6.0 * HALF_LIFE_DAYS)))
    counts = np.bincount(ago_days[ago_days < days].astype(np.int64), minlength=days)[:days].astype(np.float64)
    since = (np.arange(days) + 0.5) / 30.0
    weight = np.exp2(-30.0 * since / HALF_LIFE_DAYS)
    level, slope = float(np.log((weight @ counts + 0.1) / weight.sum())), 0.0
    for _ in range(30):
        mean = np.exp(np.clip(level - slope * since, -20.0, 20.0))
        away = weight * (counts - mean)
        gradient = np.array([away.sum(), -(away @ since) - slope / SLOPE_SPREAD**2])
        part = weight * mean
        hessian = np.array([[part.sum() + 1e-6, -(part @ since)], [-(part @ since), part @ since**2 + 1.0 / SLOPE_SPREAD**2]])
        step = np.clip(np.linalg.solve(hessian, gradient), -1.0, 1.0)
        level, slope = level + float(step[0]), slope + float(step[1])
        if float(np.abs(step).max()) < 1e-9:
            break
    ahead = np.arange(longest_days) + 0.5
    damped = DAMPING_DAYS * -np.expm1(-ahead / DAMPING_DAYS) / 30.0
    rate: Floats = np.exp(level + slope * damped)
    return rate
