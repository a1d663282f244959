"""Rows of the records that the ledger cannot take, separated before any SQL.

One row that the database refuses would fail its batch, and with it every later opt-out of every other customer. A refusal that
cannot be taken still stops contacts: it becomes a suppression of its customer, where the id is usable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import polars as pl

from otokui.data_contract.tables import OPT_OUT_TIMES
from otokui.identity.ids import LONGEST, canonical_column, without_nul
from otokui.ports.identities import MERGE_CIRCLE

RULE, COLUMN, FORBIDS, CLOSED = "rule", "column", "forbids", "closed"
"""Columns of quarantined rows: rule, column, whether the row forbids contacts, whether its customer was suppressed."""

_IDS: Final = {
    "consents": ("customer_id",), "suppressions": ("customer_id",), "contacts": ("customer_id", "contact_id", "message_id"),
    "identities": ("customer_id", "alias_id"),
}  # fmt: skip
_OPTIONAL_IDS: Final = {"contacts": ("decision_id",)}
_TEXTS: Final = {
    "consents": ("channel",),
    "suppressions": ("channel", "reason"),
    "contacts": ("channel", "group"),
    "identities": ("source",),
}
_REQUIRED: Final = {
    "consents": ("opted_in", "changed_at"), "suppressions": ("from",), "contacts": ("channel", "sent_at"), "identities": ("from",),
}  # fmt: skip
HAPPENED: Final = {"consents": "changed_at", "suppressions": "from", "contacts": "sent_at", "identities": "from"}

_SUPPRESSIONS: Final = {
    "customer_id": pl.String, "channel": pl.String, "reason": pl.String, "from": pl.Int64, "until": pl.Int64, "known_at": pl.Int64,
}  # fmt: skip


def sorted_out(frame: pl.DataFrame, table: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that the ledger can take, and the quarantined rows.

    The former have canonical ids and texts without NUL; the latter stay as they are, with RULE and COLUMN.
    """
    named = set(frame.columns)
    ids = [name for name in _IDS[table] if name in named]
    optional = [name for name in _OPTIONAL_IDS.get(table, ()) if name in named]
    texts = [name for name in _TEXTS[table] if name in named and frame.schema[name] == pl.String]
    fit = frame.with_columns(
        *(canonical_column(frame[name].cast(pl.String)).alias(name) for name in (*ids, *optional)),
        *(without_nul(pl.col(name)).alias(name) for name in texts),
    )
    if table == "suppressions" and "reason" in named:
        fit = fit.with_columns(pl.col("reason").cast(pl.String).fill_null("not said"))
    if "known_at" in named:
        fit = fit.with_columns(pl.coalesce("known_at", HAPPENED[table]).alias("known_at"))
    faults = [pl.when(fit[name].is_null() & frame[name].is_not_null()).then(pl.lit(f"not_an_id {name}")) for name in ids]
    faults += [pl.when(fit[name].is_null()).then(pl.lit(f"missing_value {name}")) for name in (*ids, *_REQUIRED[table]) if name in named]
    if "channel" in texts:  # the channel is part of the key, and a database bounds the size of an index entry
        faults.append(pl.when(fit["channel"].str.len_chars() > LONGEST).then(pl.lit("refused_by_ledger channel")))
    fault = frame.select(pl.coalesce(faults).alias("fault"))["fault"]
    if not fault.is_not_null().any():
        return fit, _with_fault(frame.clear(), fault.clear())
    bad = fault.is_not_null()
    return fit.filter(~bad), _with_fault(frame.filter(bad), fault.filter(bad))


def without_erased(frame: Any, erased: Callable[[Sequence[str]], set[str]]) -> Any:
    """Return rows without those of erased customers, which are neither imported nor quarantined.

    erased: returns those of the ids that were erased.
    """
    rows = pl.DataFrame(frame)  # Polars, Arrow and any other frame with the Arrow stream interface
    if "customer_id" not in rows.columns:
        return rows
    ids = canonical_column(rows["customer_id"].cast(pl.String)).alias("customer_id").to_frame()
    if "alias_id" in rows.columns:  # of a merge, which has no source, the alias is a customer too
        merged = pl.col("source").is_null() if "source" in rows.columns else pl.lit(value=True)
        ids = ids.hstack(rows.select(pl.when(merged).then(canonical_column(rows["alias_id"].cast(pl.String))).alias("alias_id")))
    gone = erased(pl.concat([ids[name] for name in ids.columns]).drop_nulls().unique().to_list())
    return rows.filter(~ids.select(pl.any_horizontal(pl.all().is_in(list(gone)).fill_null(value=False))).to_series()) if gone else rows


def refused(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows that only the database refused, with RULE and COLUMN."""
    return _with_fault(rows, pl.Series("fault", ["refused_by_ledger "] * len(rows), dtype=pl.String))


def circular(rows: pl.DataFrame) -> pl.DataFrame:
    """Return merges that would close a circle, with RULE and COLUMN."""
    return _with_fault(rows, pl.Series("fault", [f"{MERGE_CIRCLE} customer_id"] * len(rows), dtype=pl.String))


def forbidding(rows: pl.DataFrame, table: str) -> pl.Series:
    """Return for each row whether it forbids contacts.

    Such rows are a consent that is not a yes, a suppression, and a contact with an opt-out or a bounce.
    """
    if table in ("suppressions", "identities"):
        says = pl.lit(value=table == "suppressions")
    elif table == "consents":
        says = pl.col("opted_in").fill_null(value=False).not_() if "opted_in" in rows.columns else pl.lit(value=True)
    else:
        says = pl.any_horizontal(pl.lit(value=False), *(pl.col(name).is_not_null() for name in OPT_OUT_TIMES if name in rows.columns))
    return rows.with_columns(says.alias(FORBIDS))[FORBIDS]


def closing(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Return suppressions for quarantined rows that forbid contacts.

    Rows without a usable customer id get none.
    """
    rows = rows.filter(forbidding(rows, table))
    nothing = pl.lit(None, dtype=pl.Int64)
    known = pl.col("known_at") if "known_at" in rows.columns else nothing
    happened = (
        pl.min_horizontal(name for name in OPT_OUT_TIMES if name in rows.columns)
        if table == "contacts" and set(OPT_OUT_TIMES) & set(rows.columns)
        else pl.col(HAPPENED[table])
    )
    channel = without_nul(pl.col("channel").cast(pl.String)) if "channel" in rows.columns else pl.lit(None, dtype=pl.String)
    made = rows.with_columns(canonical_column(rows["customer_id"].cast(pl.String)).alias("customer_id")).select(
        "customer_id",
        pl.when(channel.str.len_chars() <= LONGEST).then(channel).alias("channel"),
        pl.format("a row that says no was set aside: {}", RULE).alias("reason"),
        pl.coalesce(happened, known, pl.lit(0)).cast(pl.Int64).alias("from"),
        (pl.col("until") if "until" in rows.columns else nothing).cast(pl.Int64).alias("until"),
        pl.coalesce(known, happened, pl.lit(0)).cast(pl.Int64).alias("known_at"),
    )
    return made.filter(pl.col("customer_id").is_not_null()).cast(_SUPPRESSIONS)  # type: ignore[arg-type]


def described(rows: pl.DataFrame, table: str, closed: Sequence[str]) -> pl.DataFrame:
    """Return quarantined rows with FORBIDS and CLOSED; ``closed``: the suppressed customers."""
    customers = canonical_column(rows["customer_id"].cast(pl.String))
    says = forbidding(rows, table)
    return rows.with_columns(says.alias(FORBIDS), (says & customers.is_in(list(closed)).fill_null(value=False)).alias(CLOSED))


def _with_fault(rows: pl.DataFrame, fault: pl.Series) -> pl.DataFrame:
    parts = fault.str.split_exact(" ", 1).struct
    return rows.with_columns(parts.field("field_0").alias(RULE), parts.field("field_1").alias(COLUMN))
