"""Refusals of customers and what ends them: one rule for contact state and reservations.

The sources are consents, suppressions, and the table ``refusals`` of opt-outs, complaints and bounces. That table is apart from the
contacts, so that a refusal is found at once and outlives contacts that are too old to count. Only a consent of a later time ends a
refusal; a later contact that was delivered over the channel also ends a bounce. A permission must have happened, and be known, before
``as_of``. A refusal counts from its own time on, however late it was imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import Connection, text

from adapters.ledger.frequency_caps import Caps
from adapters.ledger.identities import merges
from adapters.ledger.identities.merges import EVER
from adapters.ledger.storage.database import Backend
from otokui.data_contract.channel_names import closed_by, means_every, opened_by
from otokui.data_contract.tables import OPT_OUT_TIMES
from otokui.domain import NO, UNKNOWN, YES, Instant
from otokui.frames import BOUNCED, COMPLAINED, OPTED_OUT, UNSUBSCRIBED, Bools, Floats, Ints, Tri

CONSENT, SUPPRESSION, REFUSAL = 0, 1, 2
"""Kinds of the rows of ``SAID``."""

LEFT, COMPLAINT, HARD_BOUNCE, SOFT_BOUNCE = 1, 2, 3, 4
"""Kinds in the table ``refusals``."""

SOFT_BOUNCES: Final = 3
"""So many soft bounces in a row, without a delivery in between, close the channel as a hard bounce does."""

_AT_ONCE: Final = 50_000

# who = place * {kinds} + kind. value = 1 for a yes, 0 for a no; the kind of a refusal.
SAID = """
SELECT ({at}) * {kinds} AS who, c.channel, '' AS message_id, c.changed_at AS at, CASE WHEN c.opted_in THEN 1 ELSE 0 END AS value
FROM {ids} JOIN consents AS c ON c.customer_id = j.value
WHERE CASE WHEN c.opted_in THEN c.changed_at < :as_of AND c.known_at <= :as_of
           ELSE c.changed_at <= :no_until OR c.known_at <= :no_until END
UNION ALL
SELECT ({at}) * {kinds} + 1, s.channel, '', s.from_at, 0
FROM {ids} JOIN suppressions AS s ON s.customer_id = j.value
WHERE s.from_at <= :begins_until AND (s.until_at IS NULL OR s.until_at > :as_of)
UNION ALL
SELECT ({at}) * {kinds} + 2, r.channel, '', r.last_at, r.kind
FROM {ids} JOIN refusals AS r ON r.customer_id = j.value
WHERE r.first_at <= :no_until AND (r.kind < 3 OR NOT EXISTS (
    SELECT 1 FROM contacts AS k
    WHERE k.customer_id = r.customer_id AND k.channel = r.channel AND k.sent_at > r.last_at AND k.known_at < :as_of AND k.bounced_at IS NULL
    AND (k.delivered_at < :as_of OR k.clicked_at < :as_of OR (k.opened_at < :as_of AND k.machine_open IS NOT TRUE))))
"""

_REFUSERS = """
SELECT customer_id FROM refusals UNION SELECT customer_id FROM suppressions UNION SELECT customer_id FROM consents WHERE NOT opted_in
ORDER BY 1
"""

# Derived from the contacts after an import, so that the order of their versions does not matter.
_DERIVE = """
INSERT INTO refusals (customer_id, channel, kind, contact_id, first_at, last_at)
SELECT k.customer_id, k.channel, {kind}, k.contact_id, k.{time}, {greatest}(k.{time}, k.sent_at)
FROM {ids} JOIN contacts AS k ON k.customer_id = j.value WHERE k.{time} IS NOT NULL AND {condition}
ON CONFLICT (customer_id, channel, kind, contact_id) DO UPDATE SET
first_at = {least}(refusals.first_at, excluded.first_at), last_at = {greatest}(refusals.last_at, excluded.last_at)
"""
_ADD = """
INSERT INTO refusals (customer_id, channel, kind, contact_id, first_at, last_at)
VALUES (:customer_id, :channel, :kind, :contact_id, :first_at, :last_at)
ON CONFLICT (customer_id, channel, kind, contact_id) DO UPDATE SET
first_at = {least}(refusals.first_at, excluded.first_at), last_at = {greatest}(refusals.last_at, excluded.last_at)
"""
_SOFT = "k.bounce_type = 'soft'"
_DERIVED = (
    (LEFT, "unsubscribed_at", "TRUE"),
    (COMPLAINT, "complained_at", "TRUE"),
    (HARD_BOUNCE, "bounced_at", "k.bounce_type IS DISTINCT FROM 'soft'"),
    (SOFT_BOUNCE, "bounced_at", _SOFT),
)
SAYS_NO: Final = OPT_OUT_TIMES
"""Columns of a contact that forbid further contacts."""


@dataclass(frozen=True, slots=True)
class CustomerRefusals:
    """Consent, suppression and refusals (bits), per customer and channel, (n, C)."""

    consented: Tri
    blacklisted: Tri
    refused: Tri

    def against(self, row: int, channel: int) -> str:
        """Return the rule by which a customer's refusal closes one channel, '' = none."""
        bits = int(self.refused[row, channel])
        by_bit = ((UNSUBSCRIBED, "unsubscribed"), (COMPLAINED, "complained"), (BOUNCED, "bounced"), (OPTED_OUT, "no_consent"))
        rule = next((name for bit, name in by_bit if bits & bit), "")
        return rule or ("blacklisted" if self.blacklisted[row, channel] != NO else "")


def derive(connection: Connection, backend: Backend, customer_ids: Sequence[str]) -> None:
    """Update the refusals of customers from their contacts; none is ever removed.

    A hard bounce may become a soft one.
    """
    if not customer_ids:
        return
    bound = {"ids": backend.bind(sorted(set(customer_ids)))}
    words = {"ids": backend.ids, "least": backend.least, "greatest": backend.greatest}
    for kind, time, condition in _DERIVED:
        connection.execute(text(_DERIVE.format(kind=kind, time=time, condition=condition, **words)), bound)
    _correct(connection, backend, customer_ids)


def _correct(connection: Connection, backend: Backend, customer_ids: Sequence[str]) -> None:
    """Delete bounces of another type than their contact says: one that a newer version calls soft is no longer hard."""
    corrected = f"""DELETE FROM refusals WHERE kind IN ({HARD_BOUNCE}, {SOFT_BOUNCE}) AND customer_id IN (SELECT j.value FROM {backend.ids})
        AND EXISTS (SELECT 1 FROM contacts AS k WHERE k.customer_id = refusals.customer_id AND k.contact_id = refusals.contact_id
            AND k.bounced_at IS NOT NULL AND refusals.kind <> CASE WHEN {_SOFT} THEN {SOFT_BOUNCE} ELSE {HARD_BOUNCE} END)"""
    connection.execute(text(corrected), {"ids": backend.bind(sorted(set(customer_ids)))})


def add(connection: Connection, backend: Backend, rows: Sequence[tuple[str, str, int, str, int]]) -> None:
    """Add refusals (customer, channel, kind, contact, time) to those on record.

    The first and the last time of each are kept.
    """
    if not rows:
        return
    names = ("customer_id", "channel", "kind", "contact_id", "first_at", "last_at")
    statement = text(_ADD.format(least=backend.least, greatest=backend.greatest))
    connection.execute(statement, [dict(zip(names, (*row, row[-1]), strict=True)) for row in rows])
    _correct(connection, backend, [row[0] for row in rows])


def bound(as_of: Instant, *, no_until: int | None = None, begins_until: int | None = None) -> dict[str, int]:
    """Return the parameters of ``SAID``.

    Refusals dated or known up to ``no_until`` count, and suppressions that begin by ``begins_until``.
    """
    at = int(as_of)
    return {"as_of": at, "no_until": at if no_until is None else no_until, "begins_until": at if begins_until is None else begins_until}


def fold(kind: Ints, position: Ints, names: Sequence[str], at: Ints, value: Ints, caps: Caps, customers: int) -> CustomerRefusals:
    """Fold rows of ``SAID`` into arrays.

    ``kind`` has the row kinds, ``names`` the channels as they are spelled.
    """
    closing, opening = _columns(names, caps.channels)
    shape = (customers, len(caps.channels))

    def newest(rows: Bools) -> Floats:
        """Return when these rows last closed each channel, -inf = never."""
        out = np.full(shape, -np.inf)
        for channel in range(shape[1]):
            chosen = rows & closing[:, channel]
            np.maximum.at(out[:, channel], position[chosen], at[chosen])
        return out

    yes = np.full(shape, -np.inf)
    agreed = (kind == CONSENT) & (value == YES) & (opening >= 0)
    np.maximum.at(yes, (position[agreed], opening[agreed]), at[agreed])
    no = newest((kind == CONSENT) & (value != YES))
    consented = np.where(no >= yes, NO, YES).astype(np.int8)  # of an opt-in and an opt-out at the same time, the opt-out
    consented[np.isinf(yes) & np.isinf(no)] = UNKNOWN

    refused = np.where(consented == NO, OPTED_OUT, 0).astype(np.int8)
    of_kind = [newest((kind == REFUSAL) & (value == which)) for which in (LEFT, COMPLAINT, HARD_BOUNCE)]
    for last, bit in zip(of_kind, (UNSUBSCRIBED, COMPLAINED, BOUNCED), strict=True):
        refused[(last >= yes) & ~np.isinf(last)] |= bit
    soft = (kind == REFUSAL) & (value == SOFT_BOUNCE)
    for channel in range(shape[1]):
        chosen = soft & closing[:, channel]
        chosen[chosen] = at[chosen] >= yes[position[chosen], channel]
        refused[np.bincount(position[chosen], minlength=customers) >= SOFT_BOUNCES, channel] |= BOUNCED

    blacklisted = np.where(np.isinf(newest(kind == SUPPRESSION)), NO, YES).astype(np.int8)
    return CustomerRefusals(consented, blacklisted, refused)


def read(
    connection: Connection, backend: Backend, caps: Caps, customer_ids: Sequence[str], as_of: Instant, latest: int
) -> CustomerRefusals:
    """Return all refusals on record of the customers, up to ``latest``.

    Those of merged ids are included, however late they came.
    """
    ids, position_of = merges.members(connection, backend, customer_ids, EVER)
    query = text(SAID.format(ids=backend.ids, at=backend.at, kinds=3))
    parameters = bound(as_of, no_until=EVER, begins_until=latest) | {"ids": backend.bind(ids)}
    rows = connection.execute(query, parameters).all()
    packed, names, _, times, values = zip(*rows, strict=True) if rows else ((),) * 5
    place, kind = np.divmod(np.fromiter(packed, np.int64, len(rows)), 3)
    at, value = (np.fromiter(column, np.int64, len(rows)) for column in (times, values))
    return fold(kind, position_of[place], names, at, value, caps, len(customer_ids))


def count(connection: Connection, backend: Backend, caps: Caps, as_of: Instant) -> dict[str, dict[str, int]]:
    """Count refused customers by channel and rule; a customer may count under several rules."""
    refusers = [row[0] for row in connection.execute(text(_REFUSERS))]
    merged = merges.surviving(connection, backend, refusers, int(as_of))
    ids = list(dict.fromkeys(merged.get(customer_id, customer_id) for customer_id in refusers))
    rules = ("unsubscribed", "complained", "bounced", "no_consent", "blacklisted")
    totals = np.zeros((len(caps.channels), len(rules)), dtype=np.int64)
    for begin in range(0, len(ids), _AT_ONCE):
        refused = read(connection, backend, caps, ids[begin : begin + _AT_ONCE], as_of, int(as_of))
        for column, bit in enumerate((UNSUBSCRIBED, COMPLAINED, BOUNCED, OPTED_OUT)):
            totals[:, column] += ((refused.refused & bit) > 0).sum(axis=0)
        totals[:, -1] += (refused.blacklisted == YES).sum(axis=0)
    counts = {name: dict(zip(rules, row, strict=True)) for name, row in zip(caps.channels, totals.tolist(), strict=True)}
    return {name: {rule: number for rule, number in row.items() if number} for name, row in counts.items()}


def _columns(names: Sequence[str], channels: tuple[str, ...]) -> tuple[Bools, Ints]:
    """Return for each row the channels it closes and the channel it opens.

    Closed: (rows, C), if the row forbids. Opened: (rows,), if it permits, -1 = none.
    """
    codes: dict[str, int] = {}
    code = np.fromiter((codes.setdefault(name, len(codes)) for name in names), np.int64, len(names))
    closing = np.zeros((len(codes) + 1, len(channels)), dtype=bool)
    opening = np.full(len(codes) + 1, -1, dtype=np.int64)
    for name, row in codes.items():
        closing[row, list(range(len(channels)) if means_every(name) else closed_by(name, channels))] = True
        opening[row] = opened_by(name, channels)
    return closing[code], opening[code]
