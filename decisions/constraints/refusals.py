"""Refusals by constraints, as bits per customer, channel and message.

They are joined for a candidate only when its refusals are read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisions.constraints.constraints import BIT, CONSTRAINTS, NAMES, ConstraintScope
from decisions.policy.constraint_context import ConstraintContext
from otokui.domain import DAY
from otokui.frames import Bools, Floats, Ints

Bits = npt.NDArray[np.uint32]

BARRING = np.uint32(sum(BIT[c.name] for c in CONSTRAINTS if c.bars))
ALONE = tuple(np.uint32(BIT[c.name]) for c in CONSTRAINTS if c.alone)
_CENTURY = 36_525 * DAY
LAPSING: tuple[str, ...] = tuple(c.name for c in CONSTRAINTS if c.until is not None)
"""The rules whose refusal lapses by itself, in the order of ``lapses``."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Refusal bits per customer (n, 1), channel (n, C) and message (n, M).

    ``worth`` (n, A): whether the value constraint permits the candidate.
    """

    of_customer: Bits
    of_channel: Bits
    of_message: Bits
    worth: Bools

    def permits(self, message: Ints, channel: Ints) -> Bools:
        """Return the candidates that no constraint refuses, value aside, (n, A)."""
        permitted: Bools = ((self.of_message | self.of_customer) == 0).take(message, axis=1)
        permitted &= (self.of_channel == 0).take(channel, axis=1)
        return permitted

    def of(self, rows: Ints, message: Ints, channel: Ints, chosen: Ints) -> Bits:
        """Return the refusal bits of one candidate for each of some rows.

        A constraint marked ``alone`` hides the refusals that follow from it.
        """
        bits: Bits = self.of_customer[rows, 0] | self.of_channel[rows, channel] | self.of_message[rows, message]
        bits = bits | np.where(self.worth[rows, chosen], np.uint32(0), np.uint32(BIT["not_worth_it"]))
        for bit in reversed(ALONE):
            bits = np.where(bits & bit, bit, bits)
        return bits

    def barred(self, usable: Bools) -> Bools:
        """Return the customers suppressed on every channel in use, for any message, (n,)."""
        bits = (self.of_channel | self.of_customer) & BARRING
        barred: Bools = ((bits != 0) | ~usable).all(axis=1) & usable.any()
        return barred

    def bars(self, rows: Ints, usable: Bools) -> Bits:
        """Return the constraints that bar some customers: those of every channel in use together."""
        bits = (np.where(usable, self.of_channel[rows], 0).astype(np.uint32) | self.of_customer[rows]) & BARRING
        joined: Bits = np.bitwise_or.reduce(bits, axis=1)
        for bit in reversed(ALONE):
            joined = np.where(joined & bit, bit, joined)
        return joined


def refusals(context: ConstraintContext) -> Refusals:
    """Apply every constraint once."""
    customers, rules = len(context.recency_days), context.rules
    widths = {
        ConstraintScope.CUSTOMER: 1,
        ConstraintScope.CHANNEL: len(rules.channels.names),
        ConstraintScope.MESSAGE: len(rules.messages.ids),
    }
    bits = {over: np.zeros((customers, width), dtype=np.uint32) for over, width in widths.items()}
    worth = np.ones(context.value.shape, dtype=bool)
    for constraint in CONSTRAINTS:
        if constraint.over is ConstraintScope.CHOSEN:
            continue
        permitted = constraint.permits(context)
        if constraint.over is ConstraintScope.CANDIDATE:
            worth &= permitted
        elif not permitted.all():
            bits[constraint.over] |= ~permitted * np.uint32(BIT[constraint.name])
    return Refusals(bits[ConstraintScope.CUSTOMER], bits[ConstraintScope.CHANNEL], bits[ConstraintScope.MESSAGE], worth)


def lapses(context: ConstraintContext, refused: Bits, message: Ints, channel: Ints) -> Floats:
    """Return when each refusal lapses by itself at the latest, (n, len(LAPSING)).

    Values are epoch seconds; NaN = it does not lapse. A time in the past, or a century ahead, comes of an unknown number, and is none.
    """
    customers = len(refused)
    out = np.full((customers, len(LAPSING)), np.nan)
    rows = np.arange(customers)
    for column, name in enumerate(LAPSING):
        refusing = np.flatnonzero(refused & np.uint32(BIT[name]))
        constraint = CONSTRAINTS[NAMES.index(name)]
        if not len(refusing) or constraint.until is None:
            continue
        until = constraint.until(context)
        place = {ConstraintScope.CHANNEL: channel, ConstraintScope.MESSAGE: message}.get(constraint.over)
        at = np.zeros(customers, dtype=np.int64) if place is None or until.shape[1] == 1 else place
        out[refusing, column] = until[rows[refusing], at[refusing]]
    return np.where((out > context.as_of) & (out < context.as_of + _CENTURY), out, np.nan)
