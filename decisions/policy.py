"""The policy: everything that governs decisions, compiled once from the settings, and its digest.

Two policies of one digest decide alike; what may change a decision and is not an input of the customer
stands here and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from decisions.attention import Rates, ReadCount, hour_shares
from decisions.candidates import Candidates, pair
from decisions.capacity import Capacity
from decisions.eligibility import Eligibility, compile_eligibility
from decisions.keeping import NOTHING_SEEN, OmenCount, leaving_share
from decisions.leanings import Leanings
from decisions.local_time import Offsets, offsets
from decisions.offer_arrays import ChannelArrays, MessageArrays
from decisions.reasons import Reasons, compile_reasons
from decisions.response import ResponseCount, counts_digest, learnt, uplift
from decisions.share_prices import SharePrices
from decisions.terms import Terms
from decisions.timing import run_lengths
from decisions.tolls import Tolls, with_short
from decisions.unsubscribes import UnsubscribeCount, rates
from features import feature_names, fingerprint
from otokui.definitions import Definitions
from otokui.domain import Instant
from otokui.errors import BadInput, BadSettings
from otokui.frames import Floats, Ints
from otokui.offers import Channel, Message
from otokui.settings import Decisions as Limits
from otokui.settings import Settings
from scoring.response import Response


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be said to whom, compiled; ``A`` candidates, ``M`` messages, ``C`` channels."""

    digest: str
    features: str  # fingerprint of the features that the conditions were checked against
    timezone: str
    margin_rate: float
    limits: Limits
    definitions: Definitions
    horizons_days: tuple[int, ...]
    delivery_tracked: bool
    offered: tuple[Message, ...]  # as configured, for whoever explains
    messages: MessageArrays
    channels: ChannelArrays
    candidates: Candidates
    eligibility: Eligibility
    leanings: Leanings
    reasons: Reasons
    terms: Terms
    shared_scenario: tuple[Ints, ...]  # messages of each scenario that has more than one
    hour_shares: Floats  # (C, 24)
    read_rates: Rates
    beyond_first: float  # money that a first purchase brings in further ones
    beyond_second: float  # and a second
    leaving_share: float  # of those who enquired, who is about to leave
    hours_open_before: Ints  # (C, 24)
    hours_open_after: Ints  # (C, 24)
    response: Response | None  # None: priors and counts stand, and all customers are alike
    capacity: Capacity
    tolls: Tolls | None = None  # what is charged for what is short

    @classmethod
    def compile(
        cls,
        settings: Settings,
        *,
        delivery_tracked: bool,
        responses: Sequence[ResponseCount] = (),
        reads: Sequence[ReadCount] = (),
        columns: Sequence[str] | None = None,
        response: Response | None = None,
        unsubscribes: Sequence[UnsubscribeCount] = (),
        second_purchase: float = 0.0,
        first_purchase: float = 0.0,
        omens: OmenCount = NOTHING_SEEN,
    ) -> Policy:
        """Check and compile the settings.

        delivery_tracked: whether the shop's orders carry delivery dates; if so, an unknown delivery is refused.
        responses: what became of earlier contacts, against control; moves the stated priors.
        reads: contacts the shop has seen read, by channel and local hour of sending.
        columns: the features conditions may name; default those of this build.
        unsubscribes: what contacts have cost in customers; moves the stated rates.
        second_purchase, first_purchase: money that customers of two purchases spend more than those of one, and those of one than
        those of none, over the value horizon.
        omens: what became of customers who enquired; moves the stated share of leavers.
        response: the response model, which replaces priors and counts for the candidates it knows.

        Raises:
            BadSettings: a condition names an unknown column; prior hours are not 24 weights.
        """
        limits, scale = settings.decisions, settings.decisions.cost_scale
        messages, channels = MessageArrays.of(settings.messages, scale), ChannelArrays.of(settings.channels, scale)
        seen = sorted((count for count in reads if count.channel in channels.names), key=lambda count: count.channel)
        candidates = pair(settings.messages, channels.names)
        before, after = run_lengths(channels.open_hours)
        stated = uplift(messages, channels, candidates, responses)
        lost = rates(channels.unsubscribe_rate, channels.names, unsubscribes)
        said = stated if response is None else learnt(stated, messages, channels, candidates, response, limits.wear_out)
        return cls(
            digest=_digest(
                settings.digest(),
                counts_digest(responses),
                repr(seen),
                str(delivery_tracked),
                response.digest if response else "",
                lost.tobytes().hex(),
                repr((second_purchase, first_purchase, omens.made, omens.expected)),
            ),
            features=fingerprint(),
            timezone=settings.shop.timezone,
            margin_rate=settings.shop.margin_rate,
            limits=limits,
            definitions=settings.definitions,
            horizons_days=settings.predictions.horizons_days,
            delivery_tracked=delivery_tracked,
            offered=settings.messages,
            messages=messages,
            channels=channels,
            eligibility=compile_eligibility(settings.messages, columns or feature_names(), settings.predictions.horizons_days),
            leanings=Leanings.compile(settings.messages, columns or feature_names(), settings.predictions.horizons_days),
            reasons=with_short(compile_reasons(settings.messages, settings.shop.currency), settings.channels, settings.shop.currency),
            shared_scenario=_shared(messages),
            hour_shares=hour_shares(np.array([_prior_hours(c) for c in settings.channels]).reshape(-1, 24), channels.names, seen),
            beyond_first=first_purchase * limits.second_purchase_share,
            beyond_second=second_purchase * limits.second_purchase_share,
            leaving_share=leaving_share(limits.omen_leaving, omens),
            read_rates=Rates.of(channels.names, seen),
            hours_open_before=before,
            hours_open_after=after,
            capacity=Capacity.of(settings.channels, limits.budget),
            candidates=candidates,
            terms=Terms.of(messages, channels, candidates, said, lost),
            response=response,
        )

    def offering(self, *, scenarios: Collection[str] | None = None, channels: Collection[str] | None = None) -> Policy:
        """Return the policy that offers only some scenarios or channels, as a request may ask; its digest differs.

        What was learnt from responses is kept: the candidates that remain keep their uplift.

        Raises:
            BadInput: a name that is not in the settings.
        """
        if scenarios is None and channels is None:
            return self
        _known("scenario", scenarios, self.messages.scenarios)
        _known("channel", channels, self.channels.names)
        left = pair(self.offered, self.channels.names, scenarios, channels)
        kept = self.candidates.at[left.message, left.channel]
        asked = f"{sorted(scenarios) if scenarios is not None else '*'}\x1f{sorted(channels) if channels is not None else '*'}"
        return replace(self, digest=_digest(self.digest, asked), candidates=left, terms=self.terms.kept(kept))

    def priced(self, prices: SharePrices) -> Policy:
        """Return the policy that charges these prices; its digest differs."""
        return replace(self, digest=_digest(self.digest, prices.digest()), tolls=Tolls.of(prices, self.channels.names, self.reasons))

    @property
    def dear(self) -> Ints:
        """The candidates whose channel costs so much that they must surely pay, (k,) indices."""
        return np.flatnonzero(self.terms.channel_cost >= self.limits.sure_from_cost * self.limits.cost_scale)

    def offsets(self, as_of: Instant | int) -> Offsets:
        """Return the shop's offsets from UTC over the send window that begins at ``as_of``."""
        return offsets(self.timezone, as_of, self.limits.window_days + 3)


def _shared(messages: MessageArrays) -> tuple[Ints, ...]:
    groups = (np.flatnonzero(messages.scenario == index) for index in range(len(messages.scenarios)))
    return tuple(group for group in groups if len(group) > 1)


def _prior_hours(channel: Channel) -> tuple[float, ...]:
    if channel.prior_hours and (len(channel.prior_hours) != 24 or min(channel.prior_hours) < 0.0):
        raise BadSettings(
            f"channel {channel.name!r}: prior_hours holds {len(channel.prior_hours)} weights",
            fix="give 24 weights of at least 0, one per local hour from midnight, or leave prior_hours out",
        )
    return channel.prior_hours or (1.0,) * 24


def _known(kind: str, asked: Collection[str] | None, there: Sequence[str]) -> None:
    unknown = sorted(set(asked or ()) - set(there))
    if unknown:
        raise BadInput(f"{kind} {unknown} is not in the settings; there are {list(there)}", fix=f"name only {kind}s from otokui.toml")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
