"""Messages and channels of the settings as arrays over which batches broadcast.

Merged into the policy, reading and using the settings would share a file, and every rule would reach back into settings objects row by
row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from decisions.candidates.candidates import Candidates
from decisions.candidates.quiet_hours import open_hours
from otokui.domain import DAY, HOUR
from otokui.frames import Bools, Floats, Ints
from otokui.settings.contacts.channels import Channel, Reach
from otokui.settings.contacts.messages import Message, TimingRule


@dataclass(frozen=True, slots=True)
class ChannelArrays:
    """Columns of ``C`` channels, in the order of the settings and of ``ContactState``."""

    names: tuple[str, ...]
    enabled: Bools  # (C,) usable in this decision
    awaits_visit: Bools  # (C,) enabled pull channels without a visit
    needs_consent: Bools  # (C,)
    cost: Floats  # (C,) money per contact
    lead_seconds: Ints  # (C,)
    cap: Ints  # (C,) contacts per cap_seconds
    cap_seconds: Ints  # (C,)
    unsubscribe_rate: Floats  # (C,) chance per contact
    response_factor: Floats  # (C,) relative to e-mail
    open_hours: Bools  # (C, 24) local hours at which a customer may be reached

    @classmethod
    def of(cls, channels: Sequence[Channel], cost_scale: float) -> ChannelArrays:
        """Turn the channels of the settings into arrays."""
        return cls(
            tuple(c.name for c in channels),
            np.array([c.enabled and c.reach is not Reach.PULL for c in channels], dtype=bool),
            np.array([c.enabled and c.reach is Reach.PULL for c in channels], dtype=bool),
            np.array([c.needs_consent for c in channels], dtype=bool),
            np.array([c.cost * cost_scale for c in channels], dtype=np.float64),
            np.array([round(c.lead_time_hours * HOUR) for c in channels], dtype=np.int64),
            np.array([c.cap for c in channels], dtype=np.int64),
            np.array([c.cap_days * DAY for c in channels], dtype=np.int64),
            np.array([c.unsubscribe_rate for c in channels], dtype=np.float64),
            np.array([c.response_factor for c in channels], dtype=np.float64),
            np.array([open_hours(c) for c in channels], dtype=bool).reshape(len(channels), 24),
        )


@dataclass(frozen=True, slots=True)
class MessageArrays:
    """Columns of ``M`` messages, in the order of the settings and of ``ContactState``."""

    ids: tuple[str, ...]
    scenarios: tuple[str, ...]  # the distinct scenarios, in order of first mention
    scenario: Ints  # (M,) index into scenarios
    enabled: Bools  # (M,)
    priority: Ints  # (M,)
    response_days: Floats  # (M,)
    prior_uplift: Floats  # (M,) uplift of one e-mail
    prior_strength: Floats  # (M,) contacts
    prior_save_rate: Floats  # (M,) share of leaving customers whom one e-mail retains
    incentive_cost: Floats  # (M,) money per response
    care_value: Floats  # (M,) money per contact
    cap: Ints  # (M,) contacts per cap_seconds
    cap_seconds: Ints  # (M,)
    exit_after: Ints  # (M,) sends without response
    recycle_days: Floats  # (M,) days after the last contact until an ended scenario may restart
    after_purchase: Bools  # (M,)
    before_delivery: Bools  # (M,)
    before_due: Bools  # (M,) the day comes from the expected purchase
    due_lead_days: Floats  # (M,)

    @classmethod
    def of(cls, messages: Sequence[Message], cost_scale: float) -> MessageArrays:
        """Turn the messages of the settings into arrays."""
        scenarios = tuple(dict.fromkeys(m.scenario for m in messages))
        return cls(
            tuple(m.message_id for m in messages),
            scenarios,
            np.array([scenarios.index(m.scenario) for m in messages], dtype=np.int64),
            np.array([m.enabled for m in messages], dtype=bool),
            np.array([m.priority for m in messages], dtype=np.int64),
            np.array([m.response_days for m in messages], dtype=np.float64),
            np.array([m.prior_uplift for m in messages], dtype=np.float64),
            np.array([m.prior_strength for m in messages], dtype=np.float64),
            np.array([m.prior_save_rate for m in messages], dtype=np.float64),
            np.array([m.incentive_cost * cost_scale for m in messages], dtype=np.float64),
            np.array([m.care_value * cost_scale for m in messages], dtype=np.float64),
            np.array([m.cap for m in messages], dtype=np.int64),
            np.array([m.cap_days * DAY for m in messages], dtype=np.int64),
            np.array([m.exit_after_unanswered for m in messages], dtype=np.int64),
            np.array([m.recycle_days for m in messages], dtype=np.float64),
            np.array([m.after_purchase for m in messages], dtype=bool),
            np.array([m.before_delivery for m in messages], dtype=bool),
            np.array([m.timing is TimingRule.BEFORE_DUE for m in messages], dtype=bool),
            np.array([m.lead_days for m in messages], dtype=np.float64),
        )


@dataclass(frozen=True, slots=True)
class Offers:
    """Messages, channels, and the candidates they form.

    configured: the messages of the settings, for explanations.
    """

    configured: tuple[Message, ...]
    messages: MessageArrays
    channels: ChannelArrays
    candidates: Candidates
