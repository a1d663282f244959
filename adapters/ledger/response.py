"""What became of contacts, counted: the evidence that moves the prior response rates and reading hours.

Only contacts whose time to respond is over are counted. A send of this morning would otherwise count as a failure,
and the more a shop sends, the worse its messages would look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, and_, case, func, literal, select, union_all

from adapters.ledger.caps import Caps
from adapters.ledger.tables import CONTACTS
from otokui.domain import DAY, HOUR, HoldoutGroup, Instant
from otokui.frames import Ints


@dataclass(frozen=True, slots=True)
class ResponseCounts:
    """Counts in the order of the policy's M messages and C channels."""

    sent: Ints  # (M, C) contacts whose response_days are over
    converted: Ints  # (M, C) of those, how many reached the goal within response_days
    hours: Ints  # (C, 24) opens by a person and clicks, by local hour


def count(connection: Connection, caps: Caps, since: Instant, as_of: Instant) -> ResponseCounts:
    """Count contacts sent in ``[since, as_of)`` and responses known before ``as_of``."""
    shape = (len(caps.messages), len(caps.channels))
    counts = ResponseCounts(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros((len(caps.channels), 24), np.int64))
    if not caps.messages or not caps.channels:
        return counts
    k, end = CONTACTS.c, int(as_of)
    ends_at = k.sent_at + case(dict(zip(caps.messages, caps.response_seconds, strict=True)), value=k.message_id, else_=None)
    converted = func.sum(case((and_(k.converted_at <= ends_at, k.converted_at < end), 1), else_=0))
    held_back = k.assigned_group.in_([str(HoldoutGroup.CONTROL), str(HoldoutGroup.SCENARIO_CONTROL)])
    known = and_(k.sent_at >= int(since), k.sent_at < end, k.known_at < end, held_back.is_not(True))
    sends = select(k.message_id, k.channel, func.count(), converted).where(known, ends_at <= end).group_by(k.message_id, k.channel)
    for message_id, channel, sent, responded in connection.execute(sends):
        if channel in caps.channel_index:
            at = caps.message_index[message_id], caps.channel_index[channel]
            counts.sent[at], counts.converted[at] = sent, int(responded)

    reads = union_all(
        *(
            select(k.channel.label("channel"), ((happened_at + k.local_offset) % literal(DAY) / literal(HOUR)).label("exact_hour")).where(
                known, happened_at >= int(since), happened_at < end, by_a_person
            )
            for happened_at, by_a_person in ((k.opened_at, k.machine_open.is_not(True)), (k.clicked_at, k.clicked_at.is_not(None)))
        )
    ).subquery()
    hour = func.floor(reads.c.exact_hour)
    for channel, local_hour, responses in connection.execute(select(reads.c.channel, hour, func.count()).group_by(reads.c.channel, hour)):
        if channel in caps.channel_index:
            counts.hours[caps.channel_index[channel], int(local_hour)] = responses
    return counts
