"""Decision summary of one run: contacts, no contacts and reasons, from its files.

Only columns that are counted are read; the packed inputs kept for replay stay on disk.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from decisions.wording.phrases import Phrase, Wording
from decisions.wording.reason_table import Reasons
from otokui.domain import Instant, Status
from otokui.errors import BadInput
from otokui.wording.i18n import Translatable
from pipelines.report.view_model import DecisionSummary, Story

MANIFEST = "manifest.json"
_STORIES = 5
_HOURS = range(24)


def decided_figures(folder: Path, timezone: str, known: Reasons) -> DecisionSummary | None:
    """Count the run in ``folder``; None where no run has finished there.

    known: the reasons that the shop's settings can give, which is how those of the run are worded.

    Raises:
        BadInput: the manifest names files that are not there.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    parts = [folder / part["file"] for part in manifest["parts"]]
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise BadInput(f"{folder} lacks {missing[0]}, which its manifest names", fix="run `otokui decide` again into a new folder")
    if not parts:
        return None
    rows = pl.scan_parquet(parts, glob=False)
    wordings = dict(zip(known.codes, known.wordings, strict=True))
    contacts = rows.filter(pl.col("status") == Status.CONTACT)
    totals = (
        contacts.select(pl.col("expected_value", "cost", "uplift").sum(), pl.col("explored").sum(), pl.len().alias("contacts"))
        .collect()
        .row(0, named=True)
    )
    statuses = _counts(rows, "status")
    return DecisionSummary(
        as_of=Instant(int(rows.select(pl.col("as_of").max()).collect().item() or 0)),
        customers=sum(statuses.values()),
        statuses=statuses,
        groups=_counts(rows, "group"),
        states=_counts(rows, "state"),
        sent=_sent(contacts),
        left_alone=_left_alone(rows, wordings),
        expected_value=float(totals["expected_value"] or 0.0),
        cost=float(totals["cost"] or 0.0),
        uplift_purchases=float(totals["uplift"] or 0.0),
        explored=int(totals["explored"] or 0),
        hours=_hours(contacts, timezone),
        days=_days(contacts, timezone),
        stories=[_story(row, wordings) for row in _picked(rows)],
        policy=str(manifest.get("versions", {}).get("policy") or ""),
    )


def _counts(rows: pl.LazyFrame, column: str) -> dict[str, int]:
    counted = rows.filter(pl.col(column).is_not_null()).group_by(column).len().sort("len", column, descending=[True, False])
    return {str(name): int(count) for name, count in counted.collect().rows()}


def _sent(contacts: pl.LazyFrame) -> dict[tuple[str, str], int]:
    counted = contacts.group_by("message_id", "channel").len().sort("len", "message_id", "channel", descending=[True, False, False])
    return {(str(message), str(channel)): int(count) for message, channel, count in counted.collect().rows()}


def _left_alone(rows: pl.LazyFrame, wordings: Mapping[str, Wording]) -> list[tuple[str, Translatable | str, int]]:
    """Customers by rule where a rule refused, by the first reason where nothing was worth it."""
    silent = rows.filter(pl.col("status") != Status.CONTACT)
    code = pl.coalesce(pl.when(pl.col("status") == Status.SUPPRESSED).then(pl.col("suppressions")), pl.col("reason_1"), pl.col("status"))
    counted = (
        silent.select(code.str.split(",").alias("code"))
        .explode("code")
        .group_by("code")
        .len()
        .sort("len", "code", descending=[True, False])
        .collect()
    )
    return [(name, Phrase(wordings[name]) if name in wordings else name, int(count)) for name, count in counted.rows()]


def _local(timezone: str) -> pl.Expr:
    """The planned time in the shop's zone."""
    return pl.from_epoch(pl.col("send_at").cast(pl.Int64), time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)


def _hours(contacts: pl.LazyFrame, timezone: str) -> list[int]:
    planned = contacts.filter(pl.col("send_at").is_not_null())
    counted = dict(planned.group_by(_local(timezone).dt.hour().cast(pl.Int64).alias("hour")).len().collect().rows())
    return [int(counted.get(hour, 0)) for hour in _HOURS]


def _days(contacts: pl.LazyFrame, timezone: str) -> list[tuple[str, int]]:
    planned = contacts.filter(pl.col("send_at").is_not_null())
    counted = planned.group_by(_local(timezone).dt.strftime("%Y-%m-%d").alias("day")).len().sort("day").collect()
    return [(str(day), int(count)) for day, count in counted.rows()]


def _picked(rows: pl.LazyFrame) -> list[dict[str, Any]]:
    """Five customers who show what there is: the best contact of the two commonest messages, then one of each other status.

    The choice depends on the rows alone, so that a report written twice shows the same customers.
    """
    narrow = rows.select("customer_id", "status", "message_id", pl.col("expected_value").fill_nan(None))
    ordered = narrow.sort("expected_value", "customer_id", descending=[True, False], nulls_last=True)
    best = (
        ordered.group_by("status", "message_id", maintain_order=True).agg(pl.col("customer_id").first(), pl.len().alias("alike")).collect()
    )
    contacts = best.filter(pl.col("status") == Status.CONTACT).sort("alike", "message_id", descending=[True, False])
    others = best.filter(pl.col("status") != Status.CONTACT).sort("status")
    customer_ids = [*contacts["customer_id"].head(max(2, _STORIES - len(others))), *others["customer_id"]][:_STORIES]
    by_customer = {
        row["customer_id"]: row
        for row in rows.filter(pl.col("customer_id").is_in(customer_ids)).drop("inputs", strict=False).collect().to_dicts()
    }
    return [by_customer[customer_id] for customer_id in customer_ids]


def _story(row: Mapping[str, Any], wordings: Mapping[str, Wording]) -> Story:
    reasons: list[Translatable | str] = []
    slots = sum(1 for name in row if name.startswith("reason_") and name.count("_") == 1)
    for slot in range(1, slots + 1):
        code = row[f"reason_{slot}"]
        if code is not None:
            numbers = tuple(math.nan if row[f"reason_{slot}_{n}"] is None else float(row[f"reason_{slot}_{n}"]) for n in ("a", "b"))
            reasons.append(Phrase(wordings[code], (numbers[0], numbers[1])) if code in wordings else code)
    contact = row["status"] == Status.CONTACT
    value = row["expected_value"]
    return Story(
        customer_id=str(row["customer_id"]),
        status=str(row["status"]),
        state=row["state"],
        message_id=row["message_id"] if contact else row["considered_message_id"],
        channel=row["channel"] if contact else row["considered_channel"],
        send_at=Instant(int(row["send_at"])) if contact and row["send_at"] is not None else None,
        expected_value=None if value is None or not math.isfinite(value) else float(value),
        reasons=reasons,
    )
