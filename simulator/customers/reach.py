"""Whom a channel reaches, and who has agreed to it.

An address and a consent are two things: an app can be installed and its notifications refused. A channel that needs no
consent (a banner, a shop assistant) is open to everybody it reaches. Consent that was never asked for stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from otokui.settings.contacts.channels import Channel
from simulator.chance import Chance
from simulator.customers.customer_state import SimulatedState
from simulator.customers.people import People
from simulator.sends import Flags, Ints

WITHDRAWN_A_DAY = 1.5e-4
"""Consents that end a day without any contact: addresses given up, apps removed."""


def agree(people: People, state: SimulatedState, channels: Sequence[Channel], who: Ints) -> tuple[Ints, Ints, Flags]:
    """Ask new customers for their consents; return the answers as (customer, channel, opted in)."""
    needs_consent = np.array([channel.needs_consent for channel in channels], dtype=np.bool_)
    there = people.reachable[who]
    state.consented[who] = there & (people.opts_in[who] | ~needs_consent)
    row, channel = np.nonzero(there & needs_consent)
    return who[row], channel, state.consented[who[row], channel]


def withdraw(state: SimulatedState, channels: Sequence[Channel], chance: Chance, day: int) -> tuple[Ints, Ints]:
    """Let some consents end of themselves; return them as (customer, channel)."""
    many = len(channels)
    everybody = np.arange(len(state.alive))
    drawn = chance.uniform("withdraw", everybody, day)
    who = np.flatnonzero(drawn < WITHDRAWN_A_DAY * many)
    # The same draw, stretched, says which of the channels.
    channel = np.minimum((drawn[who] / WITHDRAWN_A_DAY).astype(np.int64), many - 1)
    ends = state.consented[who, channel] & np.array([c.needs_consent for c in channels], dtype=np.bool_)[channel]
    state.consented[who[ends], channel[ends]] = False
    return who[ends], channel[ends]
