"""Whom a channel reaches, and who has agreed to it.

An address and a consent are two things: an app can be installed and its notifications refused. A channel that needs no
consent (a banner, a shop assistant) is open to everybody it reaches. Consent that was never asked for stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from otokui.offers import Channel
from simulator.chance import Chance
from simulator.journal import Journal
from simulator.people import People
from simulator.sends import Flags, Ints
from simulator.state import State

WITHDRAWN_A_DAY = 1.5e-4
"""Consents that end a day without any contact: addresses given up, apps removed."""


def agree(
    people: People, state: State, channels: Sequence[Channel], who: Ints, at: Ints, ids: pl.Series, journal: Journal, day: int
) -> None:
    """Ask new customers for their consents and record the answers."""
    for number, channel in enumerate(channels):
        there = people.reachable[who, number]
        yes = there & (people.opts_in[who, number] | (not channel.needs_consent))
        state.consented[who, number] = yes
        if channel.needs_consent and there.any():
            record(journal, day, ids, who[there], channel.name, yes[there], at[there])


def withdraw(people: People, state: State, channels: Sequence[Channel], chance: Chance, day: int) -> list[tuple[int, Ints]]:
    """Let some consents end of themselves; return by channel the customers."""
    everybody = np.arange(len(people))
    ended = []
    for number, channel in enumerate(channels):
        if channel.needs_consent:
            gone: Flags = state.consented[:, number] & (chance.uniform(f"withdraw {channel.name}", everybody, day) < WITHDRAWN_A_DAY)
            state.consented[gone, number] = False
            ended.append((number, np.flatnonzero(gone)))
    return ended


def record(journal: Journal, day: int, ids: pl.Series, who: Ints, channel: str, opted_in: Flags, at: Ints) -> None:
    """Lay down changes of consent, as the data contract has them."""
    names = ids.gather(who)
    journal.add(
        "consents", {"customer_id": names, "channel": [channel] * len(who), "opted_in": opted_in, "changed_at": at, "known_at": at}, day
    )
