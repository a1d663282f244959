"""Policy: everything that governs decisions, with its digest.

``decisions.compiler.compile_policy`` makes it from settings and evidence. Two policies of one digest decide alike: every input of a
decision that is not the customer's is here and nowhere else. Each step of a decision takes its part: contact rules, value, send times,
exploration, control groups, shadow prices.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from decisions.allocation.capacity import Capacity
from decisions.allocation.shadow_prices import ShadowPrices, SharePrices
from decisions.candidates.candidate_terms import ValueRules
from decisions.candidates.candidates import Candidates, pair
from decisions.candidates.channel_message_arrays import ChannelArrays, MessageArrays, Offers
from decisions.candidates.eligibility import Eligibility
from decisions.policy.constraint_context import ContactRules
from decisions.policy.control_groups import Holdout
from decisions.policy.exploration import Exploration
from decisions.policy.send_time import SendTimes
from decisions.policy.spaced_send_times import SpacingTimes
from decisions.policy.visit import WAITED_FOR
from decisions.wording.reason_table import Reasons
from otokui.errors import BadInput
from otokui.settings.contacts.messages import Message
from otokui.settings.definitions import Definitions

VISIT_HOURS: Final = 1.0
"""How long a decision made at a visit holds; one that nobody saw then frees its place."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Predictions that decisions need: horizons, definitions of customer states, time zone."""

    horizons_days: tuple[int, ...]
    definitions: Definitions
    timezone: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Compiled policy; ``A`` candidates, ``M`` messages, ``C`` channels."""

    digest: str
    features: str  # fingerprint of the features that the conditions were checked against
    expected: Expected
    offers: Offers
    eligibility: Eligibility
    rules: ContactRules
    value: ValueRules
    exploration: Exploration
    holdout: Holdout
    times: SendTimes
    capacity: Capacity
    reasons: Reasons
    prices: ShadowPrices | None = None

    @property
    def messages(self) -> MessageArrays:
        """Messages of the candidates, as arrays."""
        return self.offers.messages

    @property
    def channels(self) -> ChannelArrays:
        """Channels of the candidates, as arrays."""
        return self.offers.channels

    @property
    def candidates(self) -> Candidates:
        """Candidates: each message over each of its channels."""
        return self.offers.candidates

    @property
    def offered(self) -> tuple[Message, ...]:
        """Messages as configured, for explanations."""
        return self.offers.configured

    @property
    def timezone(self) -> str:
        """Time zone of the shop."""
        return self.times.timezone

    def candidate(self, message_id: str, channel: str) -> int:
        """Return the index of the candidate of a message over a channel.

        Raises:
            BadInput: the message is not in use, or does not go over the channel.
        """
        _known("message", [message_id], self.messages.ids)
        _known("channel", [channel], self.channels.names)
        index = int(self.candidates.at[self.messages.ids.index(message_id), self.channels.names.index(channel)])
        if index < 0:
            raise BadInput(
                f"message {message_id!r} is switched off, or does not go over channel {channel!r}",
                fix="set enabled = true for the message, or name one of its channels",
            )
        return index

    def offering(self, *, scenarios: Collection[str] | None = None, channels: Collection[str] | None = None) -> Policy:
        """Return the policy narrowed to some scenarios or channels; its digest differs.

        A request may ask for it. The candidates that remain keep their learnt uplift.

        Raises:
            BadInput: a name that is not in the settings.
        """
        if scenarios is None and channels is None:
            return self
        _known("scenario", scenarios, self.messages.scenarios)
        _known("channel", channels, self.channels.names)
        candidates = pair(self.offered, self.channels.names, scenarios, channels)
        index = self.candidates.at[candidates.message, candidates.channel]
        narrowing = f"{sorted(scenarios) if scenarios is not None else '*'}\x1f{sorted(channels) if channels is not None else '*'}"
        return replace(
            self,
            digest=digest_of_parts(self.digest, narrowing),
            offers=replace(self.offers, candidates=candidates),
            value=self.value.narrowed(candidates, index),
        )

    def at_visit(self, channel: str) -> Policy:
        """Return the policy for a visit over one pull channel; its digest differs.

        The contact is made at once or never. It is no interruption, so the cap over all channels does not count; the channel's own does.

        Raises:
            BadInput: the channel is not in the settings, is switched off, or is no pull channel.
        """
        narrowed = self.offering(channels=[channel])
        here = np.array([name == channel for name in self.channels.names], dtype=bool)
        if not (here & self.channels.awaits_visit).any():
            there = [name for name, waits in zip(self.channels.names, self.channels.awaits_visit.tolist(), strict=True) if waits]
            raise BadInput(
                f"channel {channel!r} is no pull channel that is switched on; there are {there}",
                fix='name one of those, or set reach = "pull" and enabled = true for the channel',
            )
        channels = replace(
            self.channels, enabled=here, awaits_visit=np.zeros_like(here), lead_seconds=np.zeros_like(self.channels.lead_seconds)
        )
        spacing = SpacingTimes.at_visit(len(here), VISIT_HOURS)
        return replace(
            narrowed,
            digest=digest_of_parts(narrowed.digest, "visit"),
            offers=replace(narrowed.offers, channels=channels),
            eligibility=narrowed.eligibility.without_lower_bounds(WAITED_FOR),
            rules=replace(narrowed.rules, channels=channels, contact_cap=sys.maxsize, spacing=spacing),
            times=replace(narrowed.times, channels=channels, valid_hours=VISIT_HOURS, spacing=spacing, visit=True),
        )

    def priced(self, prices: SharePrices) -> Policy:
        """Return the policy with shadow prices; its digest differs."""
        return replace(self, digest=digest_of_parts(self.digest, prices.digest()), prices=ShadowPrices.of(prices, self.channels.names))


def _known(kind: str, names: Collection[str] | None, configured: Sequence[str]) -> None:
    unknown = sorted(set(names or ()) - set(configured))
    if unknown:
        raise BadInput(f"{kind} {unknown} is not in the settings; there are {list(configured)}", fix=f"name only {kind}s from otokui.toml")


def digest_of_parts(*parts: str) -> str:
    """Return the digest of a policy identified by ``parts``."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
