"""Churn signals: purchases of customers who enquired, against similar customers who did not.

Both kinds are of customers who bought lately, in classes of how often and how lately. The purchases of the first are compared with what
the rates of the second in the same class lead to expect (indirect standardisation: Breslow and Day, Statistical Methods in Cancer
Research II, 1987, 2.3). Counted is from a month after, when who was about to leave has left.
"""

from __future__ import annotations

import narwhals as nw
import polars as pl

from decisions.candidates.retention import ChurnSignalCount
from otokui.domain import DAY, Instant
from otokui.ports.stores import RecordSource

LATELY_DAYS, FROM_DAYS, TO_DAYS = 60, 30, 90
STEP_DAYS, STEPS = 30, 6
_TIMES, _RECENCY_DAYS = [1, 3], [14.0, 30.0]


def count_omens(source: RecordSource, bought: pl.DataFrame, omen_days: int, cutoff: Instant) -> ChurnSignalCount:
    """Return actual and expected purchases of customers who enquired, over the last months.

    bought: purchases with customer_id and purchased_at, known before ``cutoff``. Nothing where no enquiry is on record.
    """
    if "events" not in source.tables():
        return ChurnSignalCount()
    events = source.frame("events", cutoff).filter(nw.col("type") == "enquiry").select("customer_id", "occurred_at")
    enquiries: pl.DataFrame = events.collect(backend="polars").to_native()
    if enquiries.is_empty():
        return ChurnSignalCount()
    parts = [_at(bought, enquiries, omen_days, int(cutoff) - (TO_DAYS + step * STEP_DAYS) * DAY) for step in range(STEPS)]
    each, kind = pl.concat(parts), ["step", "times", "recency"]
    usual = each.filter(~pl.col("asked")).group_by(kind).agg(usual=pl.col("made").mean())
    compared = each.filter("asked").join(usual, on=kind)
    return ChurnSignalCount(round(float(compared["made"].sum()), 4), round(float(compared["usual"].sum()), 4))


def _at(bought: pl.DataFrame, enquiries: pl.DataFrame, omen_days: int, at: int) -> pl.DataFrame:
    """Return those who had bought lately at an instant: their class, whether they had enquired, the purchases they made afterwards."""
    since, when = at - omen_days * DAY, pl.col("purchased_at")
    lately = bought.group_by("customer_id").agg(
        times=(when < at).sum().cast(pl.Int64),
        recency=(at - when.filter(when < at).max()) / DAY,
        made=((when >= at + FROM_DAYS * DAY) & (when < at + TO_DAYS * DAY)).sum().cast(pl.Float64),
    ).filter(pl.col("recency") <= LATELY_DAYS)  # fmt: skip
    who = enquiries.filter((pl.col("occurred_at") >= since) & (pl.col("occurred_at") < at))["customer_id"].unique()
    return lately.select(
        pl.lit(at).alias("step"),
        "made",
        asked=pl.col("customer_id").is_in(who.implode()),
        times=sum((pl.col("times") > edge).cast(pl.Int8) for edge in _TIMES),
        recency=sum((pl.col("recency") > edge).cast(pl.Int8) for edge in _RECENCY_DAYS),
    )
