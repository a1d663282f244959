"""Change feed: pages of due and withdrawn decisions after a position.

A position (S, T) covers the changes up to number S that are due by T. The next round goes to (S', T') in two parts: what was announced
before and has become due, in the order of due times; then what was announced since and is due, in the order of numbers. Numbers are in
the order of commits and due times of a decision never grow, so that nothing falls between two rounds, whatever is committed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final

from sqlalchemy import Connection, text

from adapters.ledger.storage.database import Backend
from otokui.domain import Instant
from otokui.ports.changes import ChangePage, DecisionChange, FeedPosition

_LIVE: Final = """c.kind = 'due' AND c.newest AND c.valid_until > :now AND EXISTS (
    SELECT 1 FROM reservations AS r WHERE r.decision_id = c.decision_id AND r.dispatched_at IS NULL AND r.valid_until > :now)"""
_CHANNEL: Final = "(CAST(:channel AS VARCHAR) IS NULL OR c.channel = :channel)"
_BECAME_DUE: Final = f"""SELECT c.* FROM changes AS c WHERE {_LIVE} AND {_CHANNEL}
AND c.sequence <= :sequence AND c.due_at > :due_until AND c.due_at <= :to_due
AND (c.due_at > :after_due OR (c.due_at = :after_due AND c.sequence > :after_sequence)) ORDER BY c.due_at, c.sequence LIMIT :most"""
_ANNOUNCED_SINCE: Final = f"""SELECT c.* FROM changes AS c WHERE (c.kind = 'withdrawn' OR ({_LIVE})) AND {_CHANNEL}
AND c.sequence > :at AND c.sequence <= :to_sequence AND c.due_at <= :to_due ORDER BY c.sequence LIMIT :most"""
_NEWEST: Final = "SELECT COALESCE(MAX(sequence), 0) FROM changes"
_COLUMNS: Final = tuple(field.name for field in fields(DecisionChange))
_BEGIN: Final = (-1, 0)


def read(connection: Connection, position: FeedPosition, now: Instant, window_seconds: int, limit: int) -> ChangePage:
    """Return the next page after a position; refusals on record must have been withdrawn before."""
    if (position.sequence, position.due_until) == (position.to_sequence, position.to_due):
        newest = int(connection.execute(text(_NEWEST)).scalar_one())
        position = replace(
            position,
            to_sequence=max(position.sequence, newest),
            to_due=max(position.due_until, int(now) + window_seconds),
            after=_BEGIN,
            at=position.sequence,
        )
    found: list[DecisionChange] = []
    if position.after is not None:
        rows = _rows(connection, _BECAME_DUE, position, now, limit + 1)
        found = [_change(row) for row in rows[:limit]]
        if len(rows) > limit:
            return ChangePage(tuple(found), replace(position, after=(rows[limit - 1]["due_at"], rows[limit - 1]["sequence"])), True)
        position = replace(position, after=None)
    rows = _rows(connection, _ANNOUNCED_SINCE, position, now, limit - len(found) + 1)
    kept = rows[: limit - len(found)]
    found += [_change(row) for row in kept]
    if len(rows) > len(kept):
        return ChangePage(tuple(found), replace(position, at=kept[-1]["sequence"] if kept else position.at), True)
    return ChangePage(tuple(found), replace(position, sequence=position.to_sequence, due_until=position.to_due), False)


def still_true(connection: Connection, backend: Backend, sequences: Sequence[int], now: Instant) -> list[DecisionChange]:
    """Return those of some changes that hold now, in order.

    They are withdrawals, and what is still due.
    """
    query = f"""SELECT c.* FROM {backend.ids} JOIN changes AS c ON c.sequence = CAST(j.value AS BIGINT)
        WHERE c.kind = 'withdrawn' OR ({_LIVE}) ORDER BY c.sequence"""
    bound = {"ids": backend.bind([str(sequence) for sequence in sequences]), "now": int(now)}
    return [_change(row) for row in connection.execute(text(query), bound).mappings()]


def _rows(connection: Connection, query: str, position: FeedPosition, now: Instant, most: int) -> Sequence[Any]:
    after_due, after_sequence = position.after or _BEGIN
    bound = {
        "channel": position.channel,
        "sequence": position.sequence,
        "due_until": position.due_until,
        "to_sequence": position.to_sequence,
        "to_due": position.to_due,
        "after_due": after_due,
        "after_sequence": after_sequence,
        "at": position.at,
        "now": int(now),
        "most": most,
    }
    used = {name: value for name, value in bound.items() if f":{name}" in query}
    return connection.execute(text(query), used).mappings().all()


def _change(row: Any) -> DecisionChange:
    named = {name: row[name] for name in _COLUMNS}
    return DecisionChange(**named)
