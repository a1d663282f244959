"""The rule by which versions of a contact merge, over the whole set at once; both stores are held against it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from otokui.domain import DAY

T = 19_000 * DAY
TIMES = ("delivered_at", "opened_at", "clicked_at", "converted_at", "unsubscribed_at", "bounced_at", "complained_at")

moments = st.none() | st.integers(T, T + 3)
_BESIDE = {"machine_open": "opened_at", "converted_amount": "converted_at", "bounce_type": "bounced_at"}


def sensible(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row without what belongs to an outcome that it does not tell."""
    return row | {name: None for name, outcome in _BESIDE.items() if row[outcome] is None}


versions = st.fixed_dictionaries(
    {"customer_id": st.just("ada"), "contact_id": st.just("k"), "message_id": st.just("news"), "channel": st.just("email")}
    | {"sent_at": st.integers(T - 2, T), "known_at": st.integers(T + 3, T + 6)}
    | dict.fromkeys(TIMES, moments)
    | {"machine_open": st.none() | st.booleans(), "converted_amount": st.none() | st.sampled_from([0.0, 5.0])}
    | {"bounce_type": st.sampled_from([None, "hard", "soft"]), "decision_id": st.sampled_from([None, "d1", "d2"])}
).map(sensible)
"""Versions of one contact that tell of each outcome something or nothing, at odds with one another."""


def newest(rows: list[dict[str, Any]], told: str, *key: Any) -> dict[str, Any]:
    """Return the version that counts for an outcome: known last of those that tell it, then the smallest key."""
    telling = [row for row in rows if row[told] is not None]
    last = [row for row in telling if row["known_at"] == max(each["known_at"] for each in telling)] if telling else []
    return min(last, key=lambda row: tuple(of(row) for of in key) or (row[told],)) if last else {}


def merged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the outcomes of the contact."""
    opened = newest(rows, "opened_at", lambda r: bool(r["machine_open"]), lambda r: r["opened_at"], lambda r: r["machine_open"] is None)
    bounced = newest(
        rows, "bounced_at", lambda r: r["bounce_type"] == "soft", lambda r: -r["bounced_at"], lambda r: r["bounce_type"] is None
    )
    bought = newest(
        rows, "converted_at", lambda r: r["converted_at"], lambda r: -(-1 if r["converted_amount"] is None else r["converted_amount"])
    )
    plain = {name: newest(rows, name).get(name) for name in ("delivered_at", "clicked_at", "decision_id", "sent_at")}
    plain |= {name: newest(rows, name, lambda r, name=name: -r[name]).get(name) for name in ("unsubscribed_at", "complained_at")}
    return plain | {
        "opened_at": opened.get("opened_at"), "machine_open": opened.get("machine_open"),
        "bounced_at": bounced.get("bounced_at"), "bounce_type": bounced.get("bounce_type"),
        "converted_at": bought.get("converted_at"), "converted_amount": bought.get("converted_amount"),
    }  # fmt: skip
