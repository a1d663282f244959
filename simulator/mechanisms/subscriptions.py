"""Contracts with a term: recurring boxes, and a renewal decision at each term.

Churn in a contract happens at the term and nowhere else (Fader and Hardie, contractual settings, 2007): who has begun to
leave takes the boxes until then and does not renew.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from otokui.domain import HOUR
from simulator.customers.customer_state import NEVER
from simulator.morning import Morning
from simulator.records.journal import NO_TIME, constant
from simulator.sends import Ints


def sign(world: Morning, buyers: Ints, at: Ints) -> None:
    """Let new buyers who want one take out a contract."""
    state = world.state
    new = world.people.contract[buyers] & (state.contract_from[buyers] == NEVER)
    who = buyers[new]
    state.contract_from[who] = world.day
    state.contract_ends[who] = world.day + world.settings.subscription.term_days
    _record(world, who, at[new], None)


def boxes(world: Morning) -> Ints:
    """Return the customers whose box is due today."""
    state, day = world.state, world.day
    age = day - state.contract_from
    return np.flatnonzero((state.contract_ends > day) & (age > 0) & (age % world.settings.subscription.box_days == 0))


def renew(world: Morning) -> None:
    """Let contracts whose term ends today go on or end."""
    state, day, settings = world.state, world.day, world.settings.subscription
    who = np.flatnonzero(state.contract_ends == day)
    if not len(who):
        return
    begun = state.leaves_on[who] != NEVER
    notice = world.chance.uniform("notice", who, day) < settings.notice_share * (1.0 - state.goodwill[who])
    stays = state.alive[who] & ~begun & ~notice
    at = np.full(len(who), world.calendar.midnight(day) + 9 * HOUR)
    state.contract_ends[who[stays]] = day + settings.term_days
    _record(world, who[stays], at[stays], None)
    _record(world, who[~stays], at[~stays], at[~stays])
    state.alive[who[~stays]] = False


def _record(world: Morning, who: Ints, known: Ints, cancelled: Ints | None) -> None:
    began, ends = (
        np.array([world.calendar.midnight(int(d)) for d in days[who]], dtype=np.int64)
        for days in (world.state.contract_from, world.state.contract_ends)
    )
    amount = np.round(world.usual_basket * world.people.spend_level[who].astype(np.float64), -1)
    columns = {
        "contract_id": pl.select(pl.format("k{}", pl.Series(who))).to_series(),
        "customer_id": world.ids[who],
        "plan": constant("box", len(who)),
        "started_at": began,
        "term_ends_at": ends + 9 * HOUR,
        "cancelled_at": cancelled if cancelled is not None else np.full(len(who), NO_TIME),
        "monthly_amount": amount,
        "known_at": known,
    }
    world.journal.add("contracts", columns, world.day)
