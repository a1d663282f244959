"""Measurement of a shop's period: gather, compute moments in the engine, store results.

For report and service.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import narwhals as nw

from decisions.compiler.compile_policy import holdout_of
from measurement.results.customer_lift import Frame, Period, lift_moments, purchases, week_moments
from measurement.results.funnel import FunnelCounts, funnel, sends
from measurement.results.lift_interval import GroupMoments
from measurement.results.message_lift import first_assignments, message_moments, ripe
from measurement.results.results import MeasuredResults, lift_of, lifts_by, money_split
from otokui.domain import DAY, Instant
from otokui.errors import BadInput, NotEnoughData
from otokui.settings.settings import Settings
from pipelines.measurement.gather import Gathered, gather
from pipelines.shop.shop import Shop


def run_measure(
    shop: Shop, *, until: Instant, since: Instant | None = None, progress: Callable[[int, int], None] = lambda *_: None
) -> MeasuredResults:
    """Measure a period of a shop.

    since: by default ``[measurement] period_days`` before ``until``.

    Raises:
        BadInput: the period is empty.
        NotEnoughData: the shop has no orders.
    """
    settings = shop.settings
    since = Instant(until - settings.measurement.period_days * DAY) if since is None else since
    if since >= until:
        raise BadInput("the period to measure is empty: it ends before it begins", fix="give a --since that is earlier than --until")
    if "order_lines" not in shop.records.tables():
        raise NotEnoughData("the shop has no orders, so no result can be measured", fix="run `otokui ingest --shop SHOP transactions=FILE`")
    period = Period(since, until)
    (shop.folder / "spill").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shop.folder / "spill", prefix="measure-") as folder:
        progress(0, 5)
        gathered = gather(shop, period, Path(folder))
        progress(1, 5)
        bought = _materialised(shop, purchases(shop.records.frame("order_lines", until)), Path(folder) / "purchases.parquet")
        return _measure(shop, gathered, bought, period, Path(folder), progress)


def _measure(
    shop: Shop, gathered: Gathered, bought: Frame, period: Period, folder: Path, progress: Callable[[int, int], None]
) -> MeasuredResults:
    settings = shop.settings
    limits, minimum = settings.decisions, settings.measurement.min_customers
    by_group = {str(key[0]): made for key, made in lift_moments(gathered.people, bought, period).items()}
    holdout = holdout_of(limits)
    drawn = holdout.share / (holdout.share + holdout.decided_share) if holdout.share else 0.0
    overall = lift_of(by_group, drawn, minimum)
    states = lifts_by(lift_moments(gathered.people, bought, period, ("state",)), drawn, minimum)
    progress(2, 5)
    weekly = week_moments(gathered.people, bought, period)
    weeks = [
        lift_of({group: made for (group, index), made in weekly.items() if index == week}, drawn, minimum) for week in range(period.weeks)
    ]
    progress(3, 5)
    # A customer of the random or the usual group counts on neither side, unless a control group holds it back.
    treated = holdout.decided_share * (1.0 - holdout.scenario_share)
    held = holdout.chance / (holdout.chance + treated) if holdout.chance else 0.0
    by: dict[str, Mapping[tuple[Any, ...], dict[str, GroupMoments]]] = {}
    unripe = 0
    for name in ("scenario", "message_id", "channel"):
        first = _materialised(shop, first_assignments(gathered.assignments, period, name), folder / f"first-{name}.parquet")
        settled = ripe(first, period)
        by[name] = message_moments(settled, bought, name)
        unripe = _count(first) - _count(settled) if name == "message_id" else unripe
    progress(4, 5)
    funnels: dict[tuple[str, str], FunnelCounts] = {}
    if gathered.contacts is not None:
        sent = sends(gathered.contacts, period, gathered.windows.select("message_id", "window"))
        counted = funnel(sent, bought, period, ("message_id", "channel"))
        funnels = {(str(key[0]), str(key[1])): _with_cost(counts, key, settings) for key, counts in sorted(counted.items())}
    progress(5, 5)
    return MeasuredResults(
        period=period,
        customers=sum(made["money"].n for made in by_group.values()),
        overall=overall,
        weeks=weeks,
        states=states,
        scenarios=lifts_by(by["scenario"], held, minimum),
        messages=lifts_by(by["message_id"], held, minimum),
        channels=lifts_by(by["channel"], held, minimum),
        funnels=funnels,
        split=money_split(by_group, minimum, overall.verdict),
        unripe=unripe,
        contaminated=gathered.contaminated,
    )


def _with_cost(counts: FunnelCounts, key: tuple[Any, ...], settings: Settings) -> FunnelCounts:
    """Return the counts with the channel's cost of sends and the incentive of those who bought."""
    scale = settings.decisions.cost_scale
    channel = next((each.cost for each in settings.channels if each.name == key[1]), 0.0)
    incentive = next((each.incentive_cost for each in settings.messages if each.message_id == key[0]), 0.0)
    return replace(counts, cost=(counts.sent * channel + counts.converted * incentive) * scale)


def _materialised(shop: Shop, frame: Frame, path: Path) -> Frame:
    """Write a frame once and return it, so that it is not computed again for every figure."""
    shop.engine.write(frame, path)
    return shop.engine.read(path)


def _count(frame: Frame) -> int:
    return int(frame.select(nw.len()).collect(backend="polars").item())
