"""Contact state of customers at an instant, in one SQL statement.

It serves 1 or 50,000 customers. One statement sees one state of the database, so a consent and a reservation written
together are seen together. The rows are folded in numpy: the same code serves every database, and SQL stays short.

A permission must have happened before ``as_of``. A refusal counts at ``as_of`` itself, so that a refusal and
a decision of the same second cannot miss each other (``adapters.ledger.channel_closures``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, TextClause, text

from adapters.ledger import channel_closures
from adapters.ledger.frequency_caps import Caps
from adapters.ledger.identities import merges
from adapters.ledger.reserve import spacing
from adapters.ledger.storage.database import Backend
from otokui.domain import Instant
from otokui.frames import Bools, ContactState, Floats, Ints

_CONTACT, _RESERVATION = 3, 4
_KINDS = 5

# who = place * 5 + kind; the rows of SAID stand first. answered_at = when a person last responded, negative where that was a
# purchase, else 0; of a reservation, when it lapses. Half a million rows pass here for 50,000 customers, and every further column
# costs a tenth of the whole.
_STATE = """{said}
UNION ALL
SELECT ({at}) * 5 + 3, k.channel, k.message_id, k.sent_at,
       CASE WHEN k.converted_at < :as_of THEN -k.converted_at
            WHEN k.clicked_at < :as_of AND (k.opened_at IS NULL OR k.clicked_at >= k.opened_at) THEN k.clicked_at
            WHEN k.opened_at < :as_of AND k.machine_open IS NOT TRUE THEN k.opened_at
            WHEN k.clicked_at < :as_of THEN k.clicked_at
            ELSE 0 END
FROM {ids} JOIN contacts AS k ON k.customer_id = j.value
WHERE k.sent_at > :oldest AND k.sent_at < :as_of AND k.known_at < :as_of
UNION ALL
SELECT ({at}) * 5 + 4, r.channel, r.message_id, COALESCE(r.not_before, r.send_at), r.valid_until
FROM {ids} JOIN reservations AS r ON r.customer_id = j.value
WHERE r.reserved_at < :as_of AND r.valid_until > :as_of AND (r.dispatched_at IS NULL OR r.dispatched_at >= :as_of)
"""


def statement(backend: Backend) -> TextClause:
    """Return the statement in one database's dialect; SQLAlchemy compiles it once."""
    refusal_rows = channel_closures.SAID.format(ids=backend.ids, at=backend.at, kinds=_KINDS)
    return text(_STATE.format(said=refusal_rows, ids=backend.ids, at=backend.at))


def read(
    connection: Connection,
    query: TextClause,
    backend: Backend,
    caps: Caps,
    customer_ids: Sequence[str],
    as_of: Instant,
    last_purchase_at: Floats | None,
) -> ContactState:
    """Return the contact state of customers in their order; an id may occur twice.

    The rows of all ids of one person count together (``adapters.ledger.identities.merges``).
    last_purchase_at: (n,) epoch seconds, NaN = never; sends before it do not count as unanswered.
    """
    ids, position_of = merges.members(connection, backend, customer_ids, as_of)
    bound = channel_closures.bound(as_of) | {"ids": backend.bind(ids), "oldest": int(as_of) - caps.memory_seconds}
    # Straight from the driver: wrapping half a million rows one by one would take as long as the query.
    cursor = connection.execute(query, bound).cursor
    assert cursor is not None  # a SELECT has one
    return fold(cursor.fetchall(), caps, position_of, len(customer_ids), as_of, last_purchase_at)


def fold(
    rows: Sequence[Any], caps: Caps, position_of: Ints, customers: int, as_of: Instant, last_purchase_at: Floats | None
) -> ContactState:
    """Turn rows of ``_STATE`` into arrays of shape (customers, …).

    position_of: the position of the customer of each id that the statement was asked for.
    """
    packed, channel_names, message_names, times, answers = zip(*rows, strict=True) if rows else ((),) * 5
    place, kind = np.divmod(np.fromiter(packed, np.int64, len(rows)), _KINDS)
    position = position_of[place]
    channel = np.fromiter((caps.channel_index.get(name, -1) for name in channel_names), np.int64, len(rows))
    message = np.fromiter((caps.message_index.get(name, -1) for name in message_names), np.int64, len(rows))
    at = np.fromiter(times, np.int64, len(rows))
    answered_at = np.fromiter(answers, np.int64, len(rows))

    words = np.flatnonzero(kind <= channel_closures.REFUSAL)
    names = [channel_names[row] for row in words.tolist()]
    refused = channel_closures.fold(kind[words], position[words], names, at[words], answered_at[words], caps, customers)
    is_contact, is_place = kind == _CONTACT, kind == _RESERVATION
    # A reservation counts whatever its send time, for it may be sent at any time until it lapses.
    age = np.where(is_place, 0, int(as_of) - at)
    counted = is_contact | is_place
    pull = np.array([name in caps.pull for name in caps.channels] + [False])[channel]  # no interruption: the customer came by themselves
    in_channel, in_message = counted & (channel >= 0), counted & (message >= 0)
    channel_seconds = np.array([seconds for _, seconds in caps.channel_caps] + [0])
    message_seconds = np.array([seconds for _, seconds in caps.message_caps] + [0])

    sent = np.flatnonzero(counted)
    taken = (position[sent], channel[sent], at[sent], np.where(is_place, answered_at, at)[sent])
    spacing_from, spacing_until = spacing.too_near(caps, taken, customers, int(as_of)) or (None, None)

    last_contact_at = np.full(customers, -np.inf)
    np.maximum.at(last_contact_at, position[is_contact], at[is_contact].astype(np.float64))
    last_contact_at[np.isinf(last_contact_at)] = np.nan

    return ContactState(
        consented=refused.consented,
        blacklisted=refused.blacklisted,
        contacts_in_period=np.bincount(position[counted & ~pull & (age < caps.contact_seconds)], minlength=customers).astype(np.int64),
        channel_contacts=_count(in_channel & (age < channel_seconds[channel]), position, channel, customers, len(caps.channels)),
        message_contacts=_count(in_message & (age < message_seconds[message]), position, message, customers, len(caps.messages)),
        unanswered=_unanswered(is_contact, position, message, at, answered_at, customers, len(caps.messages), last_purchase_at),
        last_contact_at=last_contact_at,
        refused=refused.refused,
        spacing_from=spacing_from,
        spacing_until=spacing_until,
    )


def _count(chosen: Bools, position: Ints, column: Ints, customers: int, columns: int) -> Ints:
    flat = np.bincount(position[chosen] * columns + column[chosen], minlength=customers * columns)
    return flat.reshape(customers, columns).astype(np.int64)


def _unanswered(
    is_contact: Bools,
    position: Ints,
    message: Ints,
    at: Ints,
    answered_at: Ints,
    customers: int,
    columns: int,
    last_purchase_at: Floats | None,
) -> Ints:
    """Count unanswered sends of each message, since the last answer and the last purchase."""
    since = np.zeros((customers, columns)) if last_purchase_at is None else np.tile(np.nan_to_num(last_purchase_at)[:, None], (1, columns))
    bought = np.zeros(customers)
    np.maximum.at(bought, position[is_contact], -answered_at[is_contact].astype(np.float64))
    np.maximum(since, bought[:, None], out=since)
    known = is_contact & (message >= 0)
    np.maximum.at(since, (position[known], message[known]), np.abs(answered_at[known]).astype(np.float64))
    silent = known & (answered_at == 0)
    silent[silent] = at[silent] > since[position[silent], message[silent]]
    return _count(silent, position, message, customers, columns)
