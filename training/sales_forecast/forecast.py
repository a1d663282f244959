"""Sales forecast of the base (mission P8): orders and revenue with intervals.

For the next 30, 60 and 90 days.

Customers who have bought (the models' expectations summed) and customers who have not bought yet (`training.sales_forecast.new_customers`)
are added up and told apart, because a team acts on them differently; their sum is combined with what the last period brought
(`training.sales_forecast.combine`), times the season where a year ago is on record. The interval comes from what the same forecast would
have missed by at earlier instants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from otokui.domain import DAY, Instant
from otokui.errors import NotEnoughData
from otokui.frames import Floats
from otokui.wording.counting import counted
from otokui.wording.i18n import NP_, Text
from otokui.wording.stored_text import KEPT
from training.data.purchase_history import History
from training.sales_forecast.backtest import WARM_UP_DAYS, YEAR_DAYS, Backtests, back_test, last_period, say
from training.sales_forecast.bottom_up import SALES_HORIZONS, UNITS, Sum
from training.sales_forecast.combine import combined, share_of_sum
from training.sales_forecast.interval import COVER, Reading, chance_alone, read


def reaches_back(days: float, until: str) -> str:
    """Return that the first purchase lies so many days before ``until``, e.g. the end of training."""
    return f"the first purchase lies {'less than a day' if days < 1.0 else counted(days, 'day')} before {until}"


@dataclass(frozen=True, slots=True)
class SalesForecast:
    """Sales forecast by horizon and unit: expected, interval, and its parts, (H, 2).

    Units are UNITS; money as recorded. existing: of customers on record.

    own, newcomers: without the season; last (H, 2): what as many days before brought, NaN = not known; trust (H, 2): how much the
    customers' sum counted beside it, 0 to 1; season (H, 2): factor that is in ``expected``; cover: the chance that [low, high] means to
    have; windows (H,): back-tests that do not overlap; by_models: whether the models' expectations were summed, or the rhythm's;
    notes: what to know before believing it.
    """

    as_of: Instant
    days: tuple[int, ...]
    expected: Floats
    low: Floats
    high: Floats
    existing: Floats
    newcomers: Floats
    new_customers: Floats
    last: Floats
    trust: Floats
    season: Floats
    cover: float
    windows: Floats
    by_models: bool
    notes: tuple[Text, ...]

    def rows(self) -> list[dict[str, float | int | str | None]]:
        """Return one row per horizon and unit, for the command line and the report."""
        return [
            {
                "days": day,
                "unit": unit,
                "expected": float(self.expected[h, u]),
                "low": float(self.low[h, u]),
                "high": float(self.high[h, u]),
                "of_customers_on_record": float(self.existing[h, u]),
                "of_new_customers": float(self.newcomers[h, u]),
                "new_customers": float(self.new_customers[h]),
                "last_period": float(self.last[h, u]) if np.isfinite(self.last[h, u]) else None,
                "weight_of_customers": float(self.trust[h, u]),
                "season_factor": float(self.season[h, u]),
                "backtests": int(self.windows[h]),
            }
            for h, day in enumerate(self.days)
            for u, unit in enumerate(UNITS)
        ]


def forecast_sales(
    history: History,
    at: Instant,
    *,
    seed: int,
    modelled: Sum | None = None,
    days: Sequence[int] = SALES_HORIZONS,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> SalesForecast:
    """Return the forecast of what the whole base buys within each of ``days`` after ``at``.

    modelled: the models' expectations summed over the customers who have bought; without them the rhythm's are taken, and
    the lasting error its back-tests showed is taken off.

    Raises:
        NotEnoughData: fewer than eight weeks of purchases.
    """
    ordered = tuple(sorted(days))
    observed = (at - int(history.purchased_at.min())) / DAY if len(history) else 0.0
    if observed < WARM_UP_DAYS:
        raise NotEnoughData(
            f"not enough data for a sales forecast, because {reaches_back(observed, 'the date of the forecast')}; "
            f"{WARM_UP_DAYS} days are the least",
            fix="bring older records, or wait",
        )
    by_rhythm, newcomers, came = say(history, at, ordered, seed=seed)
    parts = ForecastParts(
        modelled if modelled is not None else by_rhythm, newcomers, came, last_period(history, at, ordered), modelled is not None
    )
    tests = back_test(history, at, ordered, seed=seed, progress=progress)
    return compose(tests, chance_alone(history, at, ordered), at, observed, parts)


@dataclass(frozen=True, slots=True)
class ForecastParts:
    """Parts of a sales forecast: existing customers, newcomers, last period.

    came: how many newcomers come (H,); last: what the last period brought (H, 2); modelled: whether the sum of existing customers is the
    models' or the base model's.
    """

    existing: Sum
    newcomers: Sum
    new_customers: Floats
    last: Floats
    by_models: bool


def compose(tests: Backtests, noise: Floats, at: Instant, observed_days: float, parts: ForecastParts) -> SalesForecast:
    """Return the forecast from its parts and its back-tests; noise (H, 2): of chance alone."""
    share = share_of_sum(tests, at)
    reading = read(replace(tests, predicted=combined(tests.predicted, tests.last, share)), at, noise)
    added_up = (parts.existing + parts.newcomers).columns()
    both = combined(added_up, parts.last, share)
    scaled = np.divide(both, added_up, out=np.ones_like(both), where=added_up > 0.0)
    expected = _rising(both * np.exp(reading.season if parts.by_models else reading.season + reading.level))
    below, above = reading.factors()
    return SalesForecast(
        as_of=at,
        days=tests.days,
        expected=expected,
        low=_rising(expected * below),
        high=_rising(expected * above),
        existing=parts.existing.columns() * scaled,
        newcomers=parts.newcomers.columns() * scaled,
        new_customers=parts.new_customers,
        last=parts.last,
        trust=np.where(np.isfinite(parts.last), share, 1.0),
        season=np.exp(reading.season),
        cover=COVER,
        windows=reading.windows,
        by_models=parts.by_models,
        notes=_notes(reading, tests.days, observed_days, by_models=parts.by_models),
    )


def _rising(values: Floats) -> Floats:
    """Return totals (H, 2) that never fall from a shorter horizon to a longer one."""
    return np.maximum.accumulate(values, axis=0)


def _notes(reading: Reading, days: tuple[int, ...], observed: float, *, by_models: bool) -> tuple[Text, ...]:
    notes = []
    if reading.years:
        notes.append(Text(NP_("kept", "The same weeks of last year are in the forecast."), KEPT))
    else:
        season = NP_(
            "kept",
            "Season is not in it: the first purchase lies {days} days before the date of the forecast, and {least} days are needed to "
            "see how the same weeks of last year departed from a forecast. Before a high season the forecast is too low.",
        )
        notes.append(Text(season, KEPT, {"days": f"{round(observed):,}", "least": f"{YEAR_DAYS + WARM_UP_DAYS:.0f}"}))
    untested = [day for day, windows in zip(days, reading.windows, strict=True) if windows < 1.0]
    few = [day for day, windows in zip(days, reading.windows, strict=True) if 1.0 <= windows < 3.0]
    if untested:
        scatter = NP_(
            "kept", "No earlier {days}-day window could be tested: that interval is the usual scatter of shops, not this shop's own."
        )
        notes.append(Text(scatter, KEPT, {"days": ", ".join(map(str, untested))}))
    if few:
        rough = NP_("kept", "The {days}-day interval rests on fewer than three windows that do not overlap, and is rough.")
        notes.append(Text(rough, KEPT, {"days": ", ".join(map(str, few))}))
    if not by_models:
        summed = NP_("kept", "No model of counts and spend was live for this date: the customers' own rhythm was summed instead.")
        notes.append(Text(summed, KEPT))
    return tuple(notes)
