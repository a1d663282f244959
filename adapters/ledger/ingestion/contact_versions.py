"""Merge of the versions of a contact, in SQL.

It is the rule of the ledger, which the record store follows too. A contact comes in versions: from files, and as feedback tells more of it.
Each outcome counts as the version says that was known last among those that tell it, so that an empty cell erases nothing and a correction
corrects. Of versions known at one time the earliest outcome counts, but the last refusal: only a later consent may end it. A person's
opening counts before a machine's, a hard bounce before a soft one. Each outcome carries the instant at which it became known; the merge is
therefore the same in whatever order versions arrive (``adapters.records.store.accumulation`` for records).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class OutcomeGroup:
    """Columns of an outcome that are given together.

    The first says whether they are given, ``stamp`` since when that is known.

    rank: SQL that orders equals of one stamp, the smallest counts; ``{row}`` is the row.
    """

    columns: tuple[str, ...]
    stamp: str
    rank: str = ""


_FIRST: Final = "{row}.{column}"

GROUPS: Final = (
    OutcomeGroup(("delivered_at",), "delivered_known"),
    OutcomeGroup(
        ("opened_at", "machine_open"),
        "opened_known",
        "CASE WHEN {row}.machine_open THEN 1 ELSE 0 END, {row}.opened_at, {row}.machine_open IS NULL",
    ),
    OutcomeGroup(("clicked_at",), "clicked_known"),
    OutcomeGroup(("converted_at", "converted_amount"), "converted_known", "{row}.converted_at, -COALESCE({row}.converted_amount, -1)"),
    OutcomeGroup(("unsubscribed_at",), "unsubscribed_known", "-{row}.unsubscribed_at"),
    OutcomeGroup(
        ("bounced_at", "bounce_type"),
        "bounced_known",
        "CASE WHEN {row}.bounce_type = 'soft' THEN 1 ELSE 0 END, -{row}.bounced_at, {row}.bounce_type IS NULL",
    ),
    OutcomeGroup(("complained_at",), "complained_known", "-{row}.complained_at"),
    OutcomeGroup(("decision_id",), "decided_known"),
    OutcomeGroup(("action_probability",), "chance_known"),
    OutcomeGroup(("assigned_group",), "group_known"),
)
STAMPS: Final = tuple(group.stamp for group in GROUPS)
_BASE: Final = ("sent_at", "message_id", "channel", "local_offset")


def stamped(columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Return the stamps of the outcomes in rows of contacts.

    What belongs to an outcome without the outcome's time is None. A stamp is when the outcome became known, None where it is not told.
    """
    out: dict[str, Sequence[Any]] = {}
    for group in GROUPS:
        told = columns[group.columns[0]]
        for name, values in ((group.stamp, columns["revised_at"]), *((name, columns[name]) for name in group.columns[1:])):
            out[name] = [value if at is not None else None for value, at in zip(values, told, strict=True)]
    return out


def assignments(least: str, greatest: str) -> str:
    """Return the SET clause that merges a row with the one on record.

    least, greatest: the database's functions.
    """
    base = (
        f"excluded.revised_at > contacts.revised_at OR (excluded.revised_at = contacts.revised_at "
        f"AND ({_listed(_BASE, 'excluded')}) < ({_listed(_BASE, 'contacts')}))"
    )
    parts = [f"{name} = CASE WHEN {base} THEN excluded.{name} ELSE contacts.{name} END" for name in _BASE]
    for group in GROUPS:
        told, rank = group.columns[0], group.rank or _FIRST.replace("{column}", group.columns[0])
        newer = (
            f"excluded.{told} IS NOT NULL AND (contacts.{told} IS NULL OR excluded.{group.stamp} > contacts.{group.stamp} "
            f"OR (excluded.{group.stamp} = contacts.{group.stamp} "
            f"AND ({rank.format(row='excluded')}) < ({rank.format(row='contacts')})))"
        )
        parts += [f"{name} = CASE WHEN {newer} THEN excluded.{name} ELSE contacts.{name} END" for name in (*group.columns, group.stamp)]
    parts += [
        f"known_at = {least}(contacts.known_at, excluded.known_at)",
        f"revised_at = {greatest}(contacts.revised_at, excluded.revised_at)",
    ]
    return ", ".join(parts)


def _listed(names: Sequence[str], row: str) -> str:
    return ", ".join(f"{row}.{name}" for name in names)
