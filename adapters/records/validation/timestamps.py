"""Timestamps in every spelling of shops' exports, as UTC seconds.

Times without an offset are local to the shop. Nearly every column has one spelling, so one is tried first on the whole column. Only the
rest goes through the patterns, each distinct text once (a million times: 0.2 s instead of 6 s).
"""

from __future__ import annotations

from typing import TypeVar

import polars as pl

_SPELLINGS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%#z", "%Y-%m-%d %H:%M:%S%#z", "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z",
)  # fmt: skip
_OFFSET = r"(?i)(z|utc|[+-]\d{2}(?::?\d{2})?)$"
_STAMPED = r"(?i)\d:\d{2}(?:[.,]\d+)?\s*(?:z|utc|[+-]\d{2}(?::?\d{2})?)$"
_EARLIEST, _LATEST = 1900, 2200
"""Years outside are slips of the pen ("0024-01-01")."""


def utc_seconds(times: pl.Series, timezone: str) -> tuple[pl.Series, bool, bool]:
    """Read times: ISO 8601 with or without offset, ``YYYY/MM/DD HH:MM[:SS]``, dates (midnight in ``timezone``).

    Returns: int64 UTC seconds, null where nothing could be read; whether some named their offset; whether some did not.
    """
    if isinstance(times.dtype, pl.Datetime):
        aware, some = times.dtype.time_zone is not None, times.null_count() < len(times)
        moments = times if aware else _localised(times.dt.cast_time_unit("us"), timezone)
        return _sane(moments.dt.epoch("s")), some and aware, some and not aware
    if times.dtype == pl.Date:
        return _sane(_localised(times.cast(pl.Datetime("us")), timezone).dt.epoch("s")), False, times.null_count() < len(times)
    if times.dtype != pl.String:
        return pl.Series(times.name, [None] * len(times), dtype=pl.Int64), False, False
    text = times.str.strip_chars()
    text = text.set(text == "", None)
    spelling = _most_common_spelling(text)
    aware = spelling.endswith("z")
    moments = text.str.to_datetime(spelling, strict=False, time_unit="us")
    seconds = (moments if aware else _localised(moments, timezone)).dt.epoch("s")
    some = moments.null_count() < len(moments)
    unparsed = text.filter(moments.is_null()).drop_nulls().unique()
    if not len(unparsed):
        return _sane(seconds), some and aware, some and not aware
    read = pl.DataFrame({"text": unparsed}).with_columns(_read(pl.col("text")))
    local, utc = _localised(pl.col("moment"), timezone).dt.epoch("s"), pl.col("moment").dt.epoch("s") - pl.col("east")
    read = read.with_columns(pl.when(pl.col("east").is_null()).then(local).otherwise(utc).alias("utc"))
    known = read.filter(pl.col("utc").is_not_null())
    slow = text.replace_strict(known["text"], known["utc"], default=None, return_dtype=pl.Int64)
    naive_ones = known["east"].null_count()
    return _sane(seconds.fill_null(slow)), (some and aware) or naive_ones < len(known), (some and not aware) or naive_ones > 0


def local_seconds(utc: pl.Expr, timezone: str) -> pl.Expr:
    """Return UTC seconds plus the shop's offset at that instant.

    Hours and weekdays are then plain arithmetic.
    """
    moment = pl.from_epoch(utc, time_unit="s").dt.replace_time_zone("UTC")
    return moment.dt.convert_time_zone(timezone).dt.replace_time_zone(None).dt.epoch("s")


def _most_common_spelling(text: pl.Series) -> str:
    sample = text.drop_nulls().head(200)
    fits = {spelling: sample.str.to_datetime(spelling, strict=False, time_unit="us").count() for spelling in _SPELLINGS}
    return max(fits, key=lambda s: fits[s])


def _read(text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the local time as written, and its offset in seconds (null = none)."""
    stamped = text.str.contains(_STAMPED)
    offset = pl.when(stamped).then(text.str.extract(_OFFSET).str.to_lowercase())
    plain = pl.when(stamped).then(text.str.replace(_OFFSET, "")).otherwise(text).str.strip_chars()
    plain = plain.str.replace(r"^(\d{4})/(\d{1,2})/(\d{1,2})", "${1}-${2}-${3}").str.replace(r"(?i)(\d)T(\d)", "${1} ${2}")
    plain = plain.str.replace(r"(:\d{2})[.,]\d+$", "${1}")
    moment = pl.coalesce(
        *(plain.str.to_datetime(spelling, strict=False, time_unit="us") for spelling in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"))
    )
    digits = offset.str.replace_all(r"[^0-9]", "")
    hours, minutes = (digits.str.slice(at, 2).cast(pl.Int64, strict=False).fill_null(0) for at in (0, 2))
    east = (hours * 60 + minutes) * 60
    signed = pl.when(offset.str.starts_with("-")).then(-east).when(offset.is_not_null()).then(east)
    return moment.alias("moment"), signed.alias("east")


def _sane(seconds: pl.Series) -> pl.Series:
    year = pl.from_epoch(seconds, time_unit="s").dt.year()
    return seconds.set(~year.is_between(_EARLIEST, _LATEST), None)


T = TypeVar("T", pl.Expr, pl.Series)


def _localised(naive: T, timezone: str) -> T:
    """Attach the time zone.

    An hour that occurs twice is the first one, a skipped one lies an hour later (as PEP 495 does).
    """

    def attached(moment: T) -> T:
        return moment.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")

    return attached(naive).fill_null(attached(naive.dt.offset_by("1h")))
