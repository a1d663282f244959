"""Policies of the simulated shop for logs: nobody, everybody, random, RFM.

They know what any shop knows (who agreed, who bought when) and keep the law: nobody without consent, nobody who
complained, no sending in quiet hours. They do not choose well; that is what they are for. Each contact carries the
chance with which it was chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from otokui.domain import HOUR
from otokui.errors import BadInput
from otokui.settings.contacts.channels import Channel, Reach
from simulator.morning import Morning
from simulator.sends import CONTROL, Floats, Ints, Sends

RANDOM_SHARE: Final = 0.05
"""Share of customers whom the random policy contacts in a day, of those it may."""
WEEK: Final = 7
RANDOM_HELD: Final = 0.1
"""Of those, the share that is held back by chance and reported as control, so that the logs have somebody to compare with."""
RFM_EXPLORES: Final = 0.1
RECENT_DAYS, LAPSED_DAYS, OFTEN = 30, 90, 3

Policy = Callable[[Morning], Sends]


def named(name: str) -> Policy:
    """Return a policy by its name.

    Raises:
        BadInput: there is none of that name.
    """
    if name not in POLICIES:
        raise BadInput(f"{name!r} is no policy", fix=f"choose one of {', '.join(POLICIES)}")
    return POLICIES[name]


def nobody(world: Morning) -> Sends:
    """Send nothing."""
    return Sends.none()


def everybody(world: Morning) -> Sends:
    """Send the week's message to every permitted customer, over the cheapest open channel."""
    if world.day % WEEK:
        return Sends.none()
    usable = [m for m in range(len(world.messages)) if _ways(world, m)]
    if not usable:
        return Sends.none()
    message = usable[world.day // WEEK % len(usable)]
    ways = sorted(_ways(world, message), key=lambda c: world.channels[c].cost)
    may = np.stack([_may(world, c) for c in ways], axis=1)
    who = np.flatnonzero(may.any(axis=1))
    channel = np.array(ways)[may[who].argmax(axis=1)]
    return _sends(world, who, np.full(len(who), message), channel, np.ones(len(who)))


def at_random(world: Morning) -> Sends:
    """Contact a random share of customers with a random message and channel.

    Both are drawn evenly from what is open to each; some are held back.
    """
    pairs = [(m, c) for m in range(len(world.messages)) for c in _ways(world, m)]
    if not pairs:
        return Sends.none()
    pair = np.array(pairs)
    by_channel = np.stack([_may(world, c) for c in range(len(world.channels))], axis=1)
    who = np.arange(len(world.people))
    drawn = who[(world.chance.uniform("random: contact", who, world.day) < RANDOM_SHARE) & by_channel[:, np.unique(pair[:, 1])].any(axis=1)]
    may = by_channel[drawn][:, pair[:, 1]]
    count = may.sum(axis=1)
    nth = world.chance.below("random: which", drawn, count, world.day)
    chosen = pair[(np.cumsum(may, axis=1) > nth[:, None]).argmax(axis=1)]
    meant = _sends(world, drawn, chosen[:, 0], chosen[:, 1], RANDOM_SHARE / count)
    meant.group[world.chance.uniform("random: control", drawn, world.day) < RANDOM_HELD] = CONTROL
    return meant


def by_rfm(world: Morning) -> Sends:
    """Send segments of recency and frequency their message once a week.

    And a few customers a random one.
    """
    if world.day % WEEK:
        return Sends.none()
    state, day = world.state, world.day
    since = day - state.last_purchase
    bought = state.purchases
    segments = (
        ((bought == 1) & (since >= WEEK) & (since <= LAPSED_DAYS), "second_purchase"),
        ((bought >= OFTEN) & (since <= RECENT_DAYS), "loyalty"),
        ((bought > 1) & (since > RECENT_DAYS) & (since <= LAPSED_DAYS), "purchase"),
        ((bought > 1) & (since > LAPSED_DAYS), "retention"),
    )
    meant = np.full(len(world.people), -1)
    channel = np.full(len(world.people), -1)
    for inside, objective in segments:
        message = next((m for m, row in enumerate(world.messages) if row.objective == objective and _ways(world, m)), None)
        if message is None:
            continue
        for way in sorted(_ways(world, message), key=lambda c: -world.channels[c].cost):
            free = inside & _may(world, way)
            meant[free], channel[free] = message, way
    who = np.flatnonzero(meant >= 0)
    exploited = world.chance.uniform("rfm: keep", who, day) >= RFM_EXPLORES
    return _sends(world, who[exploited], meant[who[exploited]], channel[who[exploited]], np.full(int(exploited.sum()), 1.0 - RFM_EXPLORES))


POLICIES: Final[dict[str, Policy]] = {"none": nobody, "random": at_random, "everybody": everybody, "rfm": by_rfm}


def _ways(world: Morning, message: int) -> list[int]:
    """Channels that are switched on and by which the message may go."""
    row = world.messages[message]
    if not row.enabled:
        return []
    return [
        c for c, channel in enumerate(world.channels) if channel.name in row.channels and channel.enabled and channel.reach is Reach.PUSH
    ]


def _may(world: Morning, channel: int) -> np.typing.NDArray[np.bool_]:
    """Who may be contacted over a channel: registered, with an address and a consent, and not blacklisted, (n,)."""
    there = world.people.arrival_day < world.day
    return np.asarray(there & world.state.consented[:, channel] & ~world.state.complained)


def _sends(world: Morning, who: Ints, message: Ints, channel: Ints, chance: Floats) -> Sends:
    hours = np.array([_hours(c) for c in world.channels], dtype=np.int64).reshape(-1, 2)[channel]
    hour = hours[:, 0] + world.chance.below("send hour", who, np.maximum(hours[:, 1] - hours[:, 0], 1), world.day)
    at = world.now + hour * HOUR + world.chance.below("send minute", who, HOUR, world.day)
    text = np.full(len(who), "", dtype=object)
    return Sends(who, message.astype(np.int64), channel.astype(np.int64), at, text, chance, np.full(len(who), "treatment", dtype=object))


def _hours(channel: Channel) -> tuple[int, int]:
    """Return the local hours between which a channel is not quiet."""
    begin, end = channel.quiet_until_hour, channel.quiet_from_hour
    return (begin, end) if begin < end else (0, 24) if begin == end else (begin, 24)
