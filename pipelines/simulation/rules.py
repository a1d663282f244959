"""Rules of a send engine, written from the data contract and not from the product.

``decisions.constraints.constraints`` holds the product's own. These are kept apart on purpose, in other words and over other
arrays (``pipelines.simulation.shop_facts``), because a checker that shares code with what it checks would share its mistakes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from otokui.domain import DAY, HOUR, NO, YES, Instant
from otokui.frames import Bools, Floats, Ints
from otokui.settings.contacts.channels import Channel, Reach
from otokui.settings.contacts.decisions import DecisionSettings
from otokui.settings.contacts.messages import Message


@dataclass(frozen=True, slots=True)
class PlannedContacts:
    """Planned contacts of one day, k of them, with what is on record.

    as_of: the midnight before, whose records count. hour: local hour of the send. consent: YES, NO, UNKNOWN.
    contacts, channel_contacts, message_contacts: how many were sent before this one within the period of the cap,
    those of the same hand-over included. since_contact, since_on_channel: seconds since the one before.
    control, scenario_control: who was promised never to be contacted.
    """

    as_of: Instant
    limits: DecisionSettings
    channels: tuple[Channel, ...]
    messages: tuple[Message, ...]
    channel: Ints
    message: Ints
    hour: Ints
    consent: Ints
    suppressed: Bools
    last_purchase_at: Floats
    undelivered: Bools
    contacts: Ints
    channel_contacts: Ints
    message_contacts: Ints
    since_contact: Ints
    since_on_channel: Ints
    control: Bools
    scenario_control: Bools

    def of_channel(self, name: str) -> Floats:
        """Return a setting of each contact's channel."""
        return np.array([float(getattr(channel, name)) for channel in self.channels])[self.channel]

    def of_message(self, name: str) -> Floats:
        """Return a setting of each contact's message."""
        return np.array([float(getattr(message, name)) for message in self.messages])[self.message]


@dataclass(frozen=True, slots=True)
class RefereeRule:
    """One rule: what it permits, (k,).

    of_record: it looks at the records of the night alone, so a decision for a later day can be asked too.
    """

    name: str
    permits: Callable[[PlannedContacts], Bools]
    of_record: bool = False


def _over_channel(planned: PlannedContacts) -> Bools:
    meant = np.array([[channel.name in message.channels for channel in planned.channels] for message in planned.messages])
    there = (planned.of_channel("enabled") == 1.0) & (planned.of_message("enabled") == 1.0)
    there &= np.array([channel.reach is not Reach.PULL for channel in planned.channels])[planned.channel]  # nobody is there at night
    permitted: Bools = meant.reshape(len(planned.messages), len(planned.channels))[planned.message, planned.channel] & there
    return permitted


def _awake(planned: PlannedContacts) -> Bools:
    begin, end = planned.of_channel("quiet_from_hour"), planned.of_channel("quiet_until_hour")
    within = np.where(begin <= end, (begin <= planned.hour) & (planned.hour < end), (begin <= planned.hour) | (planned.hour < end))
    awake: Bools = (begin == end) | ~within
    return awake


def _rested(planned: PlannedContacts) -> Bools:
    rested = ~(planned.as_of - planned.last_purchase_at < planned.limits.cool_off_days * DAY)
    permitted: Bools = rested | (planned.of_message("after_purchase") == 1.0)
    return permitted


RULES: tuple[RefereeRule, ...] = (
    RefereeRule("offered", _over_channel),
    RefereeRule("consent", lambda a: (a.consent == YES) | (a.of_channel("needs_consent") == NO), of_record=True),
    RefereeRule("blacklist", lambda a: ~a.suppressed, of_record=True),
    RefereeRule("just_bought", _rested, of_record=True),
    RefereeRule("undelivered", lambda a: ~a.undelivered | (a.of_message("before_delivery") == 1.0), of_record=True),
    RefereeRule("quiet_hours", _awake),
    RefereeRule("contact_cap", lambda a: a.contacts < a.limits.contact_cap),
    RefereeRule("channel_cap", lambda a: a.channel_contacts < a.of_channel("cap")),
    RefereeRule("message_cap", lambda a: a.message_contacts < a.of_message("cap")),
    RefereeRule("contact_spacing", lambda a: a.since_contact >= a.limits.contact_spacing_hours * HOUR),
    RefereeRule("channel_spacing", lambda a: a.since_on_channel >= a.of_channel("spacing_hours") * HOUR),
    RefereeRule("control", lambda a: ~a.control, of_record=True),
    RefereeRule("scenario_control", lambda a: ~a.scenario_control, of_record=True),
)

CONSENT_AND_QUIET = frozenset({"offered", "consent", "blacklist", "quiet_hours"})
"""What binds even a sender who cares for nothing else."""

PROMISES = frozenset({"control", "scenario_control"})
"""What binds only a policy that has control groups."""
