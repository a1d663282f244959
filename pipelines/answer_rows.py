"""Logged contacts as rows to learn answers from: what was known of each customer when it was sent, and whether it was answered.

Kept apart from ``pipelines.response_rows``, which compares with those held back and looks at purchases; here only contacts count,
and what the send engine reports of them (``converted_at``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from features.vectors import derive
from otokui.domain import DAY, HELD_BACK, Instant, offset_seconds
from otokui.frames import Batch, Floats, texts
from otokui.ports import Engine, RecordSource
from pipelines.responses import LOOK_BACK_DAYS
from pipelines.summarise import summaries_at
from training.answer import AnswerRows, enough

ANSWER_DAYS = 28
"""Days in which an answer counts: half of the coupons of a mailing are redeemed later than after a fortnight."""
CUTOFFS = 12
"""Summaries at so many instants at most; what is known of a customer is older than the contact by what lies between, never younger."""
MAX_ROWS = 100_000


def contacts(source: RecordSource, through: Instant) -> pl.DataFrame:
    """Return the contacts known before ``through``, by time: contact_id, customer_id, message_id, at, converted_at (null: none)."""
    schema = {"contact_id": pl.String, "customer_id": pl.String, "message_id": pl.String, "at": pl.Int64, "converted_at": pl.Int64}
    if "contacts" not in source.tables():
        return pl.DataFrame(schema=schema)
    sent: pl.DataFrame = source.frame("contacts", through).collect(backend="polars").to_native()
    return (
        sent.filter(~pl.col("group").is_in(HELD_BACK).fill_null(value=False))
        .select(
            "contact_id",
            "customer_id",
            "message_id",
            at=pl.col("sent_at").cast(pl.Int64),
            converted_at=pl.col("converted_at").cast(pl.Int64),
        )
        .sort("at", "contact_id")
    )


def answer_rows(
    source: RecordSource,
    engine: Engine,
    read: Callable[[Path], Iterator[Batch]],
    through: Instant,
    timezone: str,
    *,
    seed: int = 0,
    anew: bool = False,
) -> AnswerRows:
    """Return the contacts of the last year whose answering days are over at ``through``.

    Raises:
        NotEnoughData: too few contacts, or answers; told before anything is summarised.
    """
    window = ANSWER_DAYS * DAY
    due = contacts(source, through).filter((pl.col("at") + window <= int(through)) & (pl.col("at") >= through - LOOK_BACK_DAYS * DAY))
    if len(due) > MAX_ROWS:
        due = due.sample(MAX_ROWS, seed=seed).sort("at", "contact_id")
    answered = (due["converted_at"] < due["at"] + window).fill_null(value=False).to_numpy()
    enough(len(due), int(answered.sum()), ANSWER_DAYS)
    return AnswerRows(at_sending(source, engine, read, due, timezone, anew=anew), texts(due["message_id"].to_list()), {}, answered)


def at_sending(
    source: RecordSource,
    engine: Engine,
    read: Callable[[Path], Iterator[Batch]],
    due: pl.DataFrame,
    timezone: str,
    *,
    most: int = CUTOFFS,
    anew: bool = False,
) -> Batch:
    """Return the vectors of ``customer_id`` as they stood ``at`` each contact, in the order of ``due``; who was not on record is NaN.

    most: instants to summarise at; where contacts were sent at more, a customer is taken as they stood at the one before.
    """
    at = due["at"].to_numpy()
    cutoffs = _cutoffs(at, most)
    due = due.with_columns(cutoff=pl.Series(np.array(cutoffs)[np.searchsorted(cutoffs, at, "right") - 1])).with_row_index("row")
    values: Floats | None = None
    names: tuple[str, ...] = ()
    with tempfile.TemporaryDirectory(prefix="otokui-answers-") as aside:
        files = summaries_at(source, engine, [Instant(each) for each in cutoffs], Path(aside), anew=anew)
        for cutoff, (path, _) in files.items():
            asked = due.filter(pl.col("cutoff") == int(cutoff)).select("row", "customer_id")
            for chunk in read(path):
                known = pl.DataFrame({"customer_id": chunk.customer_ids.tolist()}).with_row_index("place")
                found = asked.join(known, on="customer_id")
                summaries = chunk.rows(found["place"].to_numpy().astype(np.int64))
                vectors = derive(summaries, cutoff, local_offset_seconds=offset_seconds(timezone, cutoff))
                if values is None:
                    names, values = vectors.names, np.full((len(due), len(vectors.names)), np.nan)
                values[found["row"].to_numpy()] = vectors.values
    return Batch(texts(due["customer_id"].to_list()), names, np.empty((len(due), 0)) if values is None else values)


def _cutoffs(at: np.ndarray[tuple[int, ...], np.dtype[np.int64]], most: int) -> list[int]:
    """Return the instants of sending themselves where they are few, else ``most`` with as many contacts between each two."""
    each = np.unique(at)
    if len(each) <= most:
        return [int(v) for v in each]
    return sorted({int(v) for v in np.quantile(at, np.linspace(0.0, 1.0, most, endpoint=False), method="lower")})
