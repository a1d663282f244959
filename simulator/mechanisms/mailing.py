"""Contacts under way: waiting for their day, delivery, and the send engine's report.

A machine that fetches the pictures hides whether a person looked: of such customers only clicks are certain (mail
privacy protection). A conversion is what a send engine would call one: a purchase within the response days of a contact
that was clicked, or whose incentive was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from otokui.domain import DAY, HOUR
from simulator.mechanisms.contact_response import ContactResponses, respond
from simulator.morning import Morning
from simulator.records.journal import NO_TIME, constant
from simulator.sends import Flags, Floats, Ints, Sends

UNDER_WAY_SECONDS, MACHINE_SECONDS = 40, 120
MEAN_OPEN_SECONDS: Final = 2.0 * HOUR


@dataclass(frozen=True, slots=True)
class Posted:
    """Outcome of today's contacts: counts, complaints, and when customers may act.

    counts by outcome; complained (k,); acts (n,): second of the day from which a customer may act on what was seen, 0 = saw nothing.
    """

    counts: dict[str, int]
    complained: Flags
    acts: Floats


def post(world: Morning, sends: Sends) -> Posted:
    """Deliver today's contacts."""
    midnight = world.calendar.midnight(world.day)
    sent_at = np.maximum(sends.send_at, midnight)
    hour = np.minimum((sent_at - midnight) // HOUR, 23)
    response = respond(world, sends.customer, sends.message, sends.channel, hour)
    times = _times(world, sends, sent_at, response)
    _hold_incentives(world, sends, response)
    rows = _rows(world, sends, sent_at, times)
    _report(world, rows, times, sent_at)
    _claim(world, sends, rows, times, response)
    _consents(world, sends, times, response)
    acts = np.zeros(len(world.people))
    seen = response.seen
    acts[sends.customer[seen]] = times["seen"][seen] - midnight
    opened = response.seen & world.channel_table.opens[sends.channel]
    counts = {
        "contacts": len(sends),
        "delivered": int(response.arrived.sum()),
        "opened": int(opened.sum()),
        "machine_opened": int(times["machine"].sum()),
        "clicked": int(response.clicked.sum()),
        "unsubscribed": int(response.unsubscribed.sum()),
        "complaints": int(response.complained.sum()),
    }
    return Posted(counts, response.complained, acts)


def report_held(world: Morning, sends: Sends) -> None:
    """Report planned contacts that were held back, as rows of the day.

    Nothing ever happens to them.
    """
    if len(sends):
        sent_at = np.maximum(sends.send_at, world.calendar.midnight(world.day))
        never = np.full(len(sends), NO_TIME)
        times = dict.fromkeys(("delivered_at", "bounced_at", "opened_at", "clicked_at", "unsubscribed_at"), never)
        rows = _rows(world, sends, sent_at, times | {"machine": np.zeros(len(sends), dtype=bool)})
        world.journal.add("contacts", {c: rows[c] for c in rows.columns}, world.day)


def _times(world: Morning, sends: Sends, sent_at: Ints, response: ContactResponses) -> dict[str, Any]:
    chance, day, who = world.chance, world.day, sends.customer
    part = 1 + sends.message * 64 + sends.channel
    table = world.channel_table
    arrives = sent_at + 2 + chance.below("under way", who, UNDER_WAY_SECONDS, day, part)
    lag = np.minimum(-np.log(chance.uniform("open lag", who, day, part)) * MEAN_OPEN_SECONDS, DAY)
    seen = arrives + 5 + lag.astype(np.int64)
    machine = response.arrived & world.people.machine_opens[who] & (table.machine[sends.channel] > 0.0)
    fetched = arrives + 1 + chance.below("fetch", who, MACHINE_SECONDS, day, part)
    tells = table.opens[sends.channel]
    opened = np.where(machine, fetched, np.where(response.seen & tells, seen, NO_TIME))
    clicked = np.where(response.clicked & tells, np.maximum(seen, opened) + 15 + chance.below("click lag", who, 180, day, part), NO_TIME)
    left = np.where(response.unsubscribed, np.where(response.seen, seen, arrives) + 90, NO_TIME)
    return {
        "delivered_at": np.where(response.arrived, arrives, NO_TIME),
        "bounced_at": np.where(response.arrived, NO_TIME, arrives),
        "opened_at": opened,
        "clicked_at": clicked,
        "unsubscribed_at": left,
        "seen": seen,
        "machine": machine,
    }


def _rows(world: Morning, sends: Sends, sent_at: Ints, times: dict[str, Any]) -> pl.DataFrame:
    serial = np.arange(world.posted, world.posted + len(sends))
    world.posted += len(sends)
    reported = ("delivered_at", "bounced_at", "opened_at", "clicked_at", "unsubscribed_at")
    return pl.DataFrame(
        {
            "contact_id": pl.select(pl.format("c{}", pl.Series(serial))).to_series(),
            "customer_id": world.ids[sends.customer],
            "message_id": world.message_ids[sends.message],
            "channel": world.channel_names[sends.channel],
            "sent_at": sent_at,
            **{name: times[name] for name in reported},
            "machine_open": pl.Series(times["machine"]),
            "decision_id": pl.Series(sends.decision_id, dtype=pl.String),
            "action_probability": sends.action_probability,
            "group": pl.Series(sends.group, dtype=pl.String),
            "known_at": np.max([sent_at, *(times[name] for name in reported)], axis=0),
        }
    ).with_columns(
        machine_open=pl.when(pl.col("opened_at") != NO_TIME).then(pl.col("machine_open")),
        # Whether a contact arrives is drawn each time anew: a full mailbox, not an address that is gone.
        bounce_type=pl.when(pl.col("bounced_at") != NO_TIME).then(pl.lit("soft")),
    )


def _report(world: Morning, rows: pl.DataFrame, times: dict[str, Any], sent_at: Ints) -> None:
    """Lay down what is known at the end of the day, and what becomes known later as a correction."""
    end = world.calendar.midnight(world.day + 1)
    later = pl.col("known_at") >= end
    names = ("opened_at", "clicked_at", "unsubscribed_at")
    so_far = rows.filter(later).with_columns(
        *(pl.when(pl.col(name) < end).then(pl.col(name)).otherwise(NO_TIME).alias(name) for name in names)
    )
    so_far = so_far.with_columns(
        known_at=pl.max_horizontal("sent_at", "delivered_at", "bounced_at", *names),
        machine_open=pl.when(pl.col("opened_at") != NO_TIME).then(pl.col("machine_open")),
    ).filter(pl.col("known_at") < end)
    for frame in (rows, so_far):
        world.journal.add("contacts", {c: frame[c] for c in frame.columns}, world.day)


def _hold_incentives(world: Morning, sends: Sends, response: ContactResponses) -> None:
    cost = world.incentives[sends.message]
    holds = response.arrived & (cost > 0.0)
    who, state = sends.customer[holds], world.state
    state.coupon[who] = sends.message[holds]
    state.coupon_cost[who] = cost[holds]
    state.coupon_until[who] = world.day + world.response_days[sends.message[holds]]


def _claim(world: Morning, sends: Sends, rows: pl.DataFrame, times: dict[str, Any], response: ContactResponses) -> None:
    """Remember the contacts to which a purchase would be put down."""
    counts = np.flatnonzero(response.clicked | (response.seen & (world.incentives[sends.message] > 0.0)))
    world.state.clicked[sends.customer[counts]] = world.claims.height + np.arange(len(counts))
    until = world.day + world.response_days[sends.message[counts]]
    claims = rows[counts].with_columns(until=pl.Series(until.astype(np.int64)))
    world.claims = claims if world.claims.is_empty() else world.claims.vstack(claims)


def convert(world: Morning, buyers: Ints, ordered_at: Ints, paid: Floats) -> int:
    """Put today's purchases down to the contacts that claim them; return how many."""
    claim = world.state.clicked[buyers]
    has = np.flatnonzero(claim >= 0)
    world.state.clicked[buyers] = -1
    if not len(has):
        return 0
    rows = world.claims[claim[has].astype(np.int64)].with_columns(
        converted_at=pl.Series(ordered_at[has]), converted_amount=pl.Series(np.round(paid[has], 2)),
    )  # fmt: skip
    rows = rows.with_columns(known_at=pl.max_horizontal("known_at", "converted_at") + 1)
    rows = rows.filter((pl.col("until") >= world.day) & (pl.col("converted_at") > pl.col("sent_at"))).drop("until")
    world.journal.add("contacts", {c: rows[c] for c in rows.columns}, world.day)
    return rows.height


def _consents(world: Morning, sends: Sends, times: dict[str, Any], response: ContactResponses) -> None:
    day, journal = world.day, world.journal
    gone = np.flatnonzero(response.unsubscribed)
    refused = np.zeros(len(gone), dtype=np.bool_)
    world.consent_rows(sends.customer[gone], sends.channel[gone], refused, times["unsubscribed_at"][gone])
    cross = np.flatnonzero(response.complained)
    _, first = np.unique(sends.customer[cross], return_index=True)
    who, at = sends.customer[cross][first], times["seen"][cross][first] + 600
    names = world.ids[who]
    journal.add("suppressions", {"customer_id": names, "reason": constant("complaint", len(who)), "from": at, "known_at": at}, day)
    keys = pl.select(pl.format("q{}-{}", pl.lit(day), pl.Series(who))).to_series()
    columns = {
        "event_id": keys,
        "customer_id": names,
        "occurred_at": at,
        "type": constant("enquiry", len(who)),
        "source": constant("complaint", len(who)),
    }
    journal.add("events", columns | {"known_at": at}, day)
