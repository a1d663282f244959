"""Forbidding readings: rows that forbid contacts are never quarantined for an unreadable value.

The quarantine is safe for rows that permit contacts, and never for rows that forbid them: an older opt-in would stay valid. An unreadable
consent is an opt-out. An opt-out at an unreadable time is known now. A suppression with unreadable times holds from the beginning and
for good. A quarantined contact with an opt-out, complaint or bounce becomes an opt-out; one with a soft bounce is kept, so that the third
in a row counts. Only a refusal without a customer cannot be kept; it gets an error-level finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import polars as pl

from adapters.personal.kinds import MASKS
from adapters.records.findings import Finding, shown
from adapters.records.input.base import LINE
from otokui.data_contract.channel_names import likely, opened_by, understood
from otokui.data_contract.tables import OPT_OUT_TIMES
from otokui.domain import DAY, Instant
from otokui.errors import BadRecords

TABLES: Final = ("consents", "suppressions")
"""Tables whose refused file leaves people reachable who opted out."""

TEXT, RULE, BROKEN_COLUMN = "__text", "rule", "column"
LOST = "refusal_lost"
_FIRST_YEAR_FOR_GOOD = 2200
_FOR_GOOD = r"^\s*(?:2[2-9]\d\d|[3-9]\d{3})(?:\D|$)"
_TOLERANCE = DAY
_FIRST_MEANT = 400 * DAY
"""Times before February 1971 are placeholders of databases: nobody agreed to a channel by then."""
CASES: Final = {LINE: pl.Int64, RULE: pl.String, BROKEN_COLUMN: pl.String}


@dataclass(frozen=True, slots=True)
class ForbiddingReadings:
    """A chunk with its forbidding rows in their most forbidding reading.

    typed: the chunk with these readings; broken: rows still to be quarantined; readings: LINE, RULE and BROKEN_COLUMN of rows that were
    kept despite an unreadable value; rescued: opt-outs from quarantined contacts.
    """

    typed: pl.DataFrame
    broken: pl.DataFrame
    readings: pl.DataFrame
    rescued: pl.DataFrame


def ended(table: str, chunk: pl.DataFrame) -> pl.DataFrame:
    """Return suppressions without ends beyond all days: those hold for good.

    Such an end is "9999-12-31", with or without an offset.
    """
    if table != "suppressions" or chunk.schema.get("until") != pl.String:
        return chunk
    return chunk.with_columns(until=pl.when(~pl.col("until").str.contains(_FOR_GOOD)).then("until"))


def keep(table: str, typed: pl.DataFrame, texts: pl.DataFrame, broken: pl.DataFrame, now: Instant) -> ForbiddingReadings:
    """Keep the forbidding rows among those to be quarantined.

    texts: columns with the suffix TEXT, and no LINE.
    """
    none = pl.DataFrame(schema=CASES)
    rows = typed.hstack(texts).with_columns(pl.col(LINE).is_in(broken[LINE].implode()).alias("__broken"))
    if table == "suppressions":
        ends = (_year(pl.col("until")) < _FIRST_YEAR_FOR_GOOD) & ~_placeholder("until") & (pl.col("until") > pl.col("from").fill_null(0))
        rows = rows.with_columns(until=pl.when(ends).then("until"))
    elif table == "contacts":
        bounced = pl.when(pl.col("bounced_at").is_null() & (pl.col("bounce_type") == "hard")).then("sent_at").otherwise("bounced_at")
        rows = rows.with_columns(bounced_at=bounced)
        rows = rows.with_columns(pl.when(pl.col(time) > int(now)).then(int(now)).otherwise(time).alias(time) for time in OPT_OUT_TIMES)
    elif table == "consents":
        refuses = pl.col("opted_in").fill_null(value=False).not_()
        rows = rows.with_columns(changed_at=pl.when(refuses & _placeholder("changed_at")).then(int(now)).otherwise("changed_at"))
    else:
        return ForbiddingReadings(typed, broken, none, none)
    typed = rows.select(typed.columns)
    if not len(broken):
        return ForbiddingReadings(typed, broken, none, none)
    attributed = pl.col("customer_id").is_not_null() & ~pl.col("customer_id" + TEXT).is_in(MASKS)
    forbids = _forbids(table)
    lost = rows.filter("__broken", forbids, ~attributed)[LINE]
    forbidding = rows.filter("__broken", forbids, attributed)
    rescued = none
    if table == "contacts":
        counted = rows.filter("__broken", ~forbids, attributed, _soft_bounce())
        read, rescued = counted.with_columns(_countable(now)).select(typed.columns), _rescued(forbidding, now)
        readings = pl.concat([_readings(table, forbidding, broken), _readings("soft bounces", counted, broken)])
    else:
        read = forbidding.with_columns(_read(table, now)).select(typed.columns)
        readings = _readings(table, forbidding, broken)
    whole = pl.concat([typed.join(read, on=LINE, how="anti", maintain_order="left"), read]).sort(LINE)
    remaining = broken.join(read, on=LINE, how="anti", maintain_order="left")
    return ForbiddingReadings(whole, _lost(remaining, lost), readings, rescued)


def with_refusals(error: BadRecords, table: str) -> BadRecords:
    """Return the error for a refused file, with the consequence for a forbidding table."""
    if table not in (*TABLES, "contacts"):
        return error
    consequence = "nothing of this file was brought: whoever says no in it is NOT yet left alone"
    return type(error)(f"{error.detail}; {consequence}", fix=error.fix)


def _forbids(table: str) -> pl.Expr:
    if table == "suppressions":
        return pl.lit(value=True)
    if table == "consents":
        return pl.col("opted_in").fill_null(value=False).not_()
    named_hard = pl.col("bounce_type").eq_missing("hard")
    hard = ((pl.col("bounced_at" + TEXT) != "") | named_hard) & (pl.col("bounce_type").ne_missing("soft"))
    return (pl.col("unsubscribed_at" + TEXT) != "") | (pl.col("complained_at" + TEXT) != "") | hard


def _read(table: str, now: Instant) -> list[pl.Expr]:
    """Return the most forbidding reading of each column."""
    known = pl.when(pl.col("known_at") <= int(now)).then("known_at").alias("known_at")
    channel = pl.when(~pl.col("channel" + TEXT).is_in(MASKS)).then("channel").alias("channel")
    if table == "suppressions":
        reason = pl.when(~pl.col("reason" + TEXT).is_in(MASKS)).then("reason").fill_null("not said").alias("reason")
        return [known, channel, reason, pl.col("from").fill_null(pl.when(pl.col("until").is_null()).then(0).otherwise(1))]
    changed = pl.when(pl.col("changed_at") <= int(now) + _TOLERANCE).then("changed_at").fill_null(int(now)).alias("changed_at")
    return [known, channel.fill_null(""), changed, pl.lit(value=False).alias("opted_in")]


def _soft_bounce() -> pl.Expr:
    """Return where a contact bounced softly over a channel that can be told, at a time that can be read."""
    channel = pl.col("channel").is_not_null() & ~pl.col("channel" + TEXT).is_in(MASKS)
    return channel & pl.col("bounce_type").eq_missing("soft") & pl.col("bounced_at").is_not_null() & ~_placeholder("bounced_at")


def _countable(now: Instant) -> list[pl.Expr]:
    """Return the columns of a contact with a soft bounce so that it counts: of the third in a row the channel is closed."""
    named = pl.format("soft bounce over {} at {}", pl.col("channel"), pl.col("bounced_at"))
    sent = pl.when(pl.col("sent_at").is_between(_FIRST_MEANT, int(now))).then("sent_at")
    sensible = [pl.when(pl.col(name) >= 0.0).then(name).alias(name) for name in ("converted_amount", "action_probability")]
    known = pl.when(pl.col("known_at") <= int(now)).then("known_at").alias("known_at")
    return [
        pl.coalesce("contact_id", named).alias("contact_id"),
        pl.col("message_id").fill_null("unknown"),
        pl.coalesce(sent, "bounced_at").alias("sent_at"),
        known,
        *sensible,
    ]


def _rescued(forbidding: pl.DataFrame, now: Instant) -> pl.DataFrame:
    """Return the opt-outs from contacts, at the last readable time, else now."""
    hard = pl.when(pl.col("bounce_type").ne_missing("soft")).then("bounced_at")
    return forbidding.select(
        "customer_id",
        pl.when(~pl.col("channel" + TEXT).is_in(MASKS)).then("channel").fill_null("").alias("channel"),
        pl.lit(value=False).alias("opted_in"),
        pl.max_horizontal(
            pl.max_horizontal("unsubscribed_at", "complained_at", hard).fill_null(int(now)), pl.min_horizontal("sent_at", pl.lit(int(now)))
        ).alias("changed_at"),
        pl.lit(None, dtype=pl.Int64).alias("known_at"),
        LINE,
    )


def _readings(table: str, forbidding: pl.DataFrame, broken: pl.DataFrame) -> pl.DataFrame:
    """Return the findings of kept rows; a suppression without end needs none."""
    cases = broken.join(forbidding, on=LINE, how="inner", maintain_order="left")
    if table == "suppressions":
        cases = cases.filter((pl.col(BROKEN_COLUMN) != "until") | ~pl.col("until" + TEXT).str.contains(_FOR_GOOD))
    if table == "contacts":
        rule, column = pl.lit("refusal_rescued"), pl.col(BROKEN_COLUMN)
    else:
        unread = pl.col("opted_in").is_null() if table == "consents" else pl.lit(value=False)
        rule = pl.when(unread).then(pl.lit("read_as_no")).otherwise(pl.lit("read_as_forbidding"))
        column = pl.when(unread).then(pl.lit("opted_in")).otherwise(BROKEN_COLUMN)
    return cases.select(LINE, rule.alias(RULE), column.alias(BROKEN_COLUMN))


def _lost(broken: pl.DataFrame, lost: pl.Series) -> pl.DataFrame:
    is_lost = pl.col(LINE).is_in(lost.implode())
    named = {RULE: LOST, BROKEN_COLUMN: "customer_id"}
    return broken.with_columns(pl.when(is_lost).then(pl.lit(value)).otherwise(column).alias(column) for column, value in named.items())


def _placeholder(time: str) -> pl.Expr:
    """Return where a time stands for none, such as 1970-01-01 or 1900-01-01 in whatever zone."""
    return pl.col(time) < _FIRST_MEANT


def _year(seconds: pl.Expr) -> pl.Expr:
    return pl.from_epoch(seconds, time_unit="s").dt.year()


def refusals_of(view: str, rows: Sequence[tuple[int, int]]) -> str:
    """Return the query for the opt-outs from quarantined contacts on these (file, line)."""
    hard = "CASE WHEN bounce_type IS DISTINCT FROM 'soft' THEN bounced_at END"
    refused_at = f"greatest(unsubscribed_at, complained_at, {hard})"
    at = f"CASE WHEN {refused_at} IS NOT NULL THEN greatest({refused_at}, sent_at) END"
    stood = ", ".join(f"({file}, {line})" for file, line in rows)
    return (
        f"SELECT customer_id, channel, false AS opted_in, {at} AS changed_at, CAST(NULL AS BIGINT) AS known_at, {LINE}, __file "
        f"FROM {view} WHERE (__file, {LINE}) IN ({stood}) AND {at} IS NOT NULL"
    )


def rescue(db: duckdb.DuckDBPyConnection, consents: str | None, rescued: Sequence[str]) -> str:
    """Return a view of the incoming consents and of the opt-outs from quarantined contacts."""
    parts = ([f"SELECT * FROM {consents}"] if consents else []) + list(rescued)
    db.execute(f"CREATE TEMP VIEW came_and_rescued AS {' UNION ALL BY NAME '.join(parts)}")
    return "came_and_rescued"


def channel_findings(db: duckdb.DuckDBPyConnection, table: str, view: str, channels: tuple[str, ...]) -> list[Finding]:
    """Return a finding where refusals or consents name a channel outside the settings."""
    conditions = {
        "suppressions": ("true", "false"),
        "consents": ("NOT opted_in", "opted_in"),
        "contacts": ("unsubscribed_at IS NOT NULL OR complained_at IS NOT NULL OR bounced_at IS NOT NULL", "false"),
    }
    if table not in conditions or not channels:
        return []
    refusing, agreeing = conditions[table]
    counted = f"count(*) FILTER ({refusing}), count(*) FILTER ({agreeing})"
    channel_counts = db.execute(f"SELECT coalesce(channel, ''), {counted} FROM {view} GROUP BY 1 ORDER BY 1").fetchall()
    rows = sum(no + yes for _, no, yes in channel_counts)
    strange = [
        (name, no if not understood(name, channels) else 0, yes if opened_by(name, channels) < 0 else 0) for name, no, yes in channel_counts
    ]
    strange = [row for row in strange if row[1] or row[2]]
    if not strange:
        return []
    names, closing, opening = [row[0] for row in strange], [row[1] for row in strange], [row[2] for row in strange]
    guesses = [f"{shown([name])[0]!r} is likely {likely(name, channels)!r}" for name in names if likely(name, channels)]
    counts = f"{sum(closing):,} that say no close every channel, {sum(opening):,} that say yes open none"
    detail = "; ".join((counts, *guesses[:3], f"channels are {', '.join(channels)}"))
    count = sum(closing) + sum(opening)
    return [Finding(table, "all files", "unknown_channel", "channel", count, rows, examples=shown(names), detail=detail)]
