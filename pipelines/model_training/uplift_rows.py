"""Contact rows from records: logged contacts and control groups, with features and outcomes.

Who was meant to get a message and fell into a control group was held back by chance alone; beside customers who got it, within the same
scenario, the difference is the contact's. A scenario without anybody held back teaches nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from analysis.response_counts import LOOK_BACK_DAYS
from decisions.candidates.message_affinity import MessageAffinities
from decisions.candidates.wear_out import RECENT_CONTACTS
from features.vectors import derive
from otokui.domain import DAY, HELD_BACK, Instant, offset_seconds
from otokui.errors import NotEnoughData
from otokui.frames import Batch, Floats, Ints
from otokui.ports.stores import Engine, RecordSource
from otokui.settings.contacts.messages import Message
from otokui.settings.settings import Settings
from pipelines.summaries.summarise import summaries_at
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.uplift_model import FEATURES

CUTOFFS = 12
"""Summaries at so many instants: what is known of a customer is that much older than the contact, never younger."""
MAX_ROWS = 400_000
_BASE_RATE = 0.05


def candidate_cells(settings: Settings) -> Cells:
    """Return all candidates, message by channel, with groups and priors.

    The priors are those of ``decisions.candidates.uplift_prior``.
    """
    factor = {channel.name: channel.response_factor for channel in settings.channels}
    pairs = [(message, name) for message in settings.messages for name in dict.fromkeys(message.channels) if name in factor]
    levels = {
        "objective": _codes([message.objective for message, _ in pairs]),
        "scenario": _codes([message.scenario for message, _ in pairs]),
        "incentive": _codes([str(message.incentive_cost > 0.0) for message, _ in pairs]),
        "channel": _codes([name for _, name in pairs]),
    }
    prior = np.array([message.prior_uplift * factor[name] for message, name in pairs])
    spread = np.array([(_BASE_RATE * (1.0 - _BASE_RATE) / message.prior_strength) ** 0.5 for message, _ in pairs])
    return Cells(tuple(f"{message.message_id}|{name}" for message, name in pairs), levels, prior, spread)


def contact_rows(
    source: RecordSource,
    engine: Engine,
    read: Callable[[Path], Iterator[Batch]],
    leanings: MessageAffinities,
    bought: pl.DataFrame,
    settings: Settings,
    cells: Cells,
    through: Instant,
    *,
    anew: bool = False,
) -> tuple[ContactRows, Floats]:
    """Return contact rows, and outcomes in the days after the response days.

    NaN where those are not over.

    leanings: of the messages of ``settings``. What customers have read is left out: who is in a control group has read nothing, so
    it would tell the groups apart.

    Raises:
        NotEnoughData: no contact can be compared with anybody held back.
    """
    due = _comparable(_due(source, settings.messages, cells, through))
    if due.is_empty():
        raise NotEnoughData(
            "response: no scenario has both contacts and customers held back whose response days are over",
            fix="log who was held back too: contacts with group control or scenario_control",
        )
    if len(due) > MAX_ROWS:
        due = due.sample(MAX_ROWS, seed=settings.training.seed).sort("at", "customer_id")
    due = _answered(due, bought, through)
    cutoffs = _cutoffs(due["at"].to_numpy())
    due = due.with_columns(cutoff=pl.Series(np.array(cutoffs)[np.searchsorted(cutoffs, due["at"].to_numpy(), "right") - 1]))
    matrix, reached, of_late = np.full((len(due), len(FEATURES)), np.nan), np.ones(len(due)), np.zeros(len(due))
    message = _messages(settings, cells)[due["cell"].to_numpy()]
    with tempfile.TemporaryDirectory(prefix="otokui-response-") as aside:
        files = summaries_at(source, engine, [Instant(at) for at in cutoffs], Path(aside), anew=anew)
        for at, (path, _) in files.items():
            offset = offset_seconds(settings.shop.timezone, at)
            due_rows = due.with_row_index("row").filter(pl.col("cutoff") == int(at)).select("row", "customer_id")
            for chunk in read(path):
                known = pl.DataFrame({"customer_id": chunk.customer_ids.tolist()}).with_row_index("place")
                matched = due_rows.join(known, on="customer_id")
                if matched.is_empty():
                    continue
                summaries, rows = chunk.rows(matched["place"].to_numpy().astype(np.int64)), matched["row"].to_numpy()
                vectors = derive(summaries, at, local_offset_seconds=offset)
                reached[rows] = leanings.fit(vectors, None)[np.arange(len(rows)), message[rows]]
                of_late[rows] = np.nan_to_num(vectors.column(RECENT_CONTACTS))
                columns = [vectors.names.index(name) for name in FEATURES]
                matrix[rows] = vectors.values[:, columns]
    return (
        ContactRows(
            names=FEATURES,
            matrix=matrix,
            cell=due["cell"].to_numpy().astype(np.int64),
            contacted=~due["held"].to_numpy(),
            chance=due["chance"].to_numpy(),
            outcome=due["came"].to_numpy().astype(np.float64),
            customers=due["customer_id"].rank("dense").to_numpy().astype(np.int64),
            reach=reached,
            of_late=of_late,
            at=due["at"].to_numpy().astype(np.int64),
            until=due["until"].to_numpy().astype(np.int64),
        ),
        due["after"].to_numpy().astype(np.float64),
    )


def _due(source: RecordSource, messages: Sequence[Message], cells: Cells, through: Instant) -> pl.DataFrame:
    """Return the contacts of configured candidates whose response days are over."""
    schema = {"customer_id": pl.String, "at": pl.Int64, "window": pl.Int64, "scenario": pl.String, "cell": pl.Int64, "held": pl.Boolean}
    if "contacts" not in source.tables():
        return pl.DataFrame(schema=schema)
    windows = pl.DataFrame(
        {
            "message_id": [m.message_id for m in messages],
            "scenario": [m.scenario for m in messages],
            "window": [round(m.response_days * DAY) for m in messages],
        }
    )
    names = [name.partition("|") for name in cells.names]
    known = pl.DataFrame({"message_id": [n[0] for n in names], "channel": [n[2] for n in names], "cell": range(len(names))})
    sent: pl.DataFrame = source.frame("contacts", through).collect(backend="polars").to_native()
    return (
        sent.select("customer_id", "message_id", "channel", "group", at=pl.col("sent_at").cast(pl.Int64))
        .join(windows, on="message_id")
        .join(known, on=["message_id", "channel"])
        .filter((pl.col("at") >= through - LOOK_BACK_DAYS * DAY) & (pl.col("at") + pl.col("window") <= through))
        .with_columns(held=pl.col("group").is_in(HELD_BACK).fill_null(value=False))
        .select(*schema)
        .sort("at", "customer_id", "cell")
    )


def _comparable(due: pl.DataFrame) -> pl.DataFrame:
    """Keep scenarios with both arms; the chance is the share contacted, as control groups are drawn by a fixed share."""
    return (
        due.with_columns(n=pl.len().over("scenario"), got=(~pl.col("held")).sum().over("scenario"))
        .filter((pl.col("got") > 0) & (pl.col("got") < pl.col("n")))
        .with_columns(chance=(pl.col("got") + 1.0) / (pl.col("n") + 2.0))
        .drop("n", "got")
    )


def _answered(due: pl.DataFrame, bought: pl.DataFrame, through: Instant) -> pl.DataFrame:
    """Add whether a purchase came within the response days, and in as many days after them."""
    purchases = bought.select("customer_id", purchased_at=pl.col("purchased_at").cast(pl.Int64)).sort("purchased_at")
    due = due.with_columns(until=pl.col("at") + pl.col("window")).with_row_index("occasion")
    for start, name in (("at", "came"), ("until", "after")):
        next_purchases = due.sort(start).join_asof(
            purchases, left_on=start, right_on="purchased_at", by="customer_id", strategy="forward", check_sortedness=False
        )
        came = (pl.col("purchased_at") < pl.col(start) + pl.col("window")).fill_null(value=False)
        due = due.join(next_purchases.select("occasion", came.cast(pl.Float64).alias(name)), on="occasion", maintain_order="left")
    over = pl.col("until") + pl.col("window") <= int(through)
    return due.with_columns(after=pl.when(over).then(pl.col("after")).otherwise(float("nan")))


def _cutoffs(at: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> list[int]:
    """Return at most ``CUTOFFS`` instants, the first not after the first contact, as many contacts between each two."""
    return sorted({int(v) for v in np.quantile(at, np.linspace(0.0, 1.0, CUTOFFS, endpoint=False), method="lower")})


def _messages(settings: Settings, cells: Cells) -> Ints:
    """Return the place of each cell's message in the settings, (K,)."""
    messages = [message.message_id for message in settings.messages]
    return np.array([messages.index(name.partition("|")[0]) for name in cells.names], dtype=np.int64)


def _codes(names: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    first = list(dict.fromkeys(names))
    return np.array([first.index(name) for name in names], dtype=np.int64)
