"""Counts of a decision run, part by part.

Parts that are whole after a restart count without being read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from otokui.domain import Status

_COUNTED = {
    "by_status": "status",
    "by_message": "message_id",
    "by_channel": "channel",
    "by_scenario": "scenario",
    "by_group": "group",
    "by_reason": "reason_1",
    "by_suppression": "suppressions",
    "by_state": "state",
}
_SUMMED = ("expected_value", "cost")


def counts_of(table: pa.Table | None) -> dict[str, Any]:
    """Return counts of statuses, messages and channels in a part, and money of contacts.

    A text that lists several (``suppressions``) counts for each of them; null does not count.
    """
    if table is None:
        return {name: {} for name in _COUNTED} | {"totals": dict.fromkeys(_SUMMED, 0.0)}
    counts: dict[str, Any] = {}
    for name, column in _COUNTED.items():
        counts[name] = {}
        if column in table.column_names:
            for pair in pc.value_counts(table[column].drop_null()).to_pylist():
                for value in pair["values"].split(","):
                    counts[name][value] = counts[name].get(value, 0) + pair["counts"]
    contacts = table.filter(pc.equal(table["status"], str(Status.CONTACT)))
    counts["totals"] = {name: float(np.nansum(contacts[name].to_numpy())) for name in _SUMMED if name in table.column_names}
    return counts


def add_counts(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sums of two nested counts, keys in alphabetical order."""
    out: dict[str, Any] = {}
    for name in sorted({*left, *right}):
        a, b = left.get(name), right.get(name)
        out[name] = add_counts(a or {}, b or {}) if isinstance(a or b, Mapping) or a == {} or b == {} else (a or 0) + (b or 0)
    return out
