"""Counts of responses to contacts: the evidence that moves the prior response rates.

They also move the prior reading hours. Only contacts whose time to respond is over are counted. A send of this morning would
otherwise count as a failure, and the more a shop sends, the worse its messages would look.
"""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, and_, case, func, literal, or_, select

from adapters.ledger.frequency_caps import Caps
from adapters.ledger.storage.tables import CONTACTS
from otokui.domain import DAY, EPOCH_WEEKDAY, HELD_BACK, HOUR, WEEK, Instant
from otokui.ports.ledger import ResponseCounts

READ_WITHIN_DAYS = 2
"""Younger contacts may still be read."""


def count(connection: Connection, caps: Caps, since: Instant, as_of: Instant) -> ResponseCounts:
    """Count contacts sent in ``[since, as_of)`` and responses known before ``as_of``."""
    shape = (len(caps.messages), len(caps.channels))
    by_hour = (len(caps.channels), WEEK // HOUR)
    counts = ResponseCounts(*(np.zeros(dimensions, np.int64) for dimensions in (shape, shape, by_hour, by_hour)))
    if not caps.messages or not caps.channels:
        return counts
    k, end = CONTACTS.c, int(as_of)
    ends_at = k.sent_at + case(dict(zip(caps.messages, caps.response_seconds, strict=True)), value=k.message_id, else_=None)
    converted = func.sum(case((and_(k.converted_at <= ends_at, k.converted_at < end), 1), else_=0))
    held_back = k.assigned_group.in_(HELD_BACK)
    known = and_(k.sent_at >= int(since), k.sent_at < end, k.known_at < end, held_back.is_not(True))
    sends = select(k.message_id, k.channel, func.count(), converted).where(known, ends_at <= end).group_by(k.message_id, k.channel)
    for message_id, channel, sent, responded in connection.execute(sends):
        if channel in caps.channel_index:
            at = caps.message_index[message_id], caps.channel_index[channel]
            counts.sent[at], counts.converted[at] = sent, int(responded)

    by_a_person = or_(k.opened_at < end, k.clicked_at < end)
    watched = (
        select(
            k.channel.label("channel"),
            ((k.sent_at + k.local_offset + EPOCH_WEEKDAY * DAY) % literal(WEEK) / literal(HOUR)).label("exact_hour"),
            case((by_a_person, 1), else_=0).label("read"),
        )
        .where(known, k.sent_at <= end - READ_WITHIN_DAYS * DAY, k.machine_open.is_not(True))
        .subquery()
    )
    hour = func.floor(watched.c.exact_hour)
    reads = select(watched.c.channel, hour, func.count(), func.sum(watched.c.read)).group_by(watched.c.channel, hour)
    for channel, hour_of_week, sent, read in connection.execute(reads):
        if channel in caps.channel_index:
            at = caps.channel_index[channel], int(hour_of_week)
            counts.watched[at], counts.read[at] = sent, int(read)
    return counts
