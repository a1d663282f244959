"""Reservations of decided contacts: requests to the ledger, and results applied to decisions.

A decision is made from known state; whether its place is still free is known only in the transaction that takes it. The log holds the two
apart, so that replay can repeat a decision and its lost place. If the ledger gives another hour than requested, only the time changes,
and what depends on it. If it refuses the place, the decision keeps its id and its candidate and becomes a suppression by the rule that
refused, so that nobody is contacted and the row states the reason.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from decisions.constraints.constraints import BIT
from decisions.decision_table import STATUS_CODE, Decisions
from decisions.policy.send_time import SendWindow, open_within
from otokui.domain import HOUR, Instant, Status
from otokui.frames import NO_MONEY, NO_PLACE, OPEN, Bools, Ints, Tri
from otokui.ports.reservations import Reservation, ReservationResult


def reservations(decisions: Decisions, rows: Ints) -> list[Reservation]:
    """Return the reservations that some contacts need, in the order of ``rows``."""
    policy, considered = decisions.policy, decisions.considered[rows]
    offered = [policy.offered[message] for message in policy.candidates.message[considered].tolist()]
    channels = [policy.channels.names[channel] for channel in policy.candidates.channel[considered].tolist()]
    columns = zip(
        decisions.decision_ids[rows].tolist(),
        decisions.customer_ids[rows].tolist(),
        offered,
        channels,
        decisions.send_at[rows].tolist(),
        decisions.valid_until[rows].tolist(),
        decisions.spend[rows].tolist(),
        decisions.other_times(rows),
        decisions.not_before[rows].tolist(),
        decisions.not_after[rows].tolist(),
        strict=True,
    )
    return [
        Reservation(
            decision_id,
            customer_id,
            message.message_id,
            message.scenario,
            channel,
            Instant(send_at),
            Instant(until),
            cost,
            others,
            Instant(begin),
            Instant(end),
        )
        for decision_id, customer_id, message, channel, send_at, until, cost, others, begin, end in columns
    ]


def apply_results(decisions: Decisions, rows: Ints, results: Sequence[ReservationResult]) -> Decisions:
    """Apply reservation results: move contacts ``rows`` in time, or suppress them.

    A refused contact is suppressed by the rule that refused it.
    """
    decisions = move(decisions, rows, np.array([int(result.send_at) for result in results], dtype=np.int64))
    for name in sorted({result.refused_by for result in results if result.refused_by}):
        refused = np.zeros(len(decisions), dtype=bool)
        refused[rows[[result.refused_by == name for result in results]]] = True
        decisions = withdraw(decisions, refused, name)
    return decisions


def closed_by(results: Sequence[ReservationResult]) -> Tri:
    """Return for each reservation result why the channel closes: NO_PLACE, NO_MONEY or OPEN, (n,).

    A frequency cap of the customer closes no channel: it would refuse any other contact as well, or its own rule would.
    """
    codes = {"capacity": NO_PLACE, "budget": NO_MONEY}
    return np.array([codes.get(result.refused_by, OPEN) for result in results], dtype=np.int8)


def move(decisions: Decisions, rows: Ints, send_at: Ints) -> Decisions:
    """Move contact ``rows[i]`` to ``send_at[i]``, within the hour that begins there."""
    moved = np.flatnonzero(decisions.send_at[rows] != send_at)
    if not len(moved):
        return decisions
    rows, at = rows[moved], send_at[moved]
    times = decisions.policy.times
    last = at + HOUR - times.offsets(decisions.as_of).local(at) % HOUR - 1
    columns = {name: getattr(decisions, name).copy() for name in ("send_at", "not_before", "not_after", "valid_until", "fallbacks")}
    columns["send_at"][rows], columns["not_before"][rows], columns["not_after"][rows] = at, at, last
    columns["valid_until"][rows] = np.maximum(columns["valid_until"][rows], last)
    others = columns["fallbacks"][rows]
    usable = (others >= 0) & open_within(times, int(decisions.as_of), SendWindow(at, at, last))[
        np.arange(len(rows))[:, None], np.maximum(others, 0)
    ]
    order = np.argsort(~usable, axis=1, kind="stable")
    columns["fallbacks"][rows] = np.where(np.take_along_axis(usable, order, axis=1), np.take_along_axis(others, order, axis=1), -1)
    return replace(decisions, **columns)


def withdraw(decisions: Decisions, refused: Bools, rule: str = "contact_cap") -> Decisions:
    """Suppress the contacts of ``refused`` (n,) by a rule; leave the others."""
    rows = np.flatnonzero(refused & decisions.is_status(Status.CONTACT))
    if not len(rows):
        return decisions
    status, bits = decisions.status.copy(), decisions.refused.copy()
    codes, numbers = decisions.reason_codes.copy(), decisions.reason_numbers.copy()
    status[rows] = STATUS_CODE[Status.SUPPRESSED]
    bits[rows] |= np.uint32(BIT[rule])
    codes[rows, 1:], numbers[rows, 1:] = codes[rows, :-1].copy(), numbers[rows, :-1].copy()
    codes[rows, 0], numbers[rows, 0] = decisions.policy.reasons.code(rule), np.nan
    return replace(decisions, status=status, refused=bits, reason_codes=codes, reason_numbers=numbers)


def to_json(result: ReservationResult) -> str:
    """Return a reservation result as JSON for the log."""
    return json.dumps({"refused_by": result.refused_by, "send_at": int(result.send_at)}, separators=(",", ":"))


def from_json(text: str) -> ReservationResult:
    """Read a reservation result from the JSON of the log."""
    document = json.loads(text)
    return ReservationResult(document["refused_by"], Instant(document["send_at"]))
