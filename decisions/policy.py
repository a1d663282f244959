"""The policy: everything that governs decisions, as ``decisions.compile`` makes it of settings and evidence, and its digest.

Two policies of one digest decide alike; what may change a decision and is not an input of the customer
stands here and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from decisions.attention import Rates
from decisions.candidates import Candidates, pair
from decisions.capacity import Capacity
from decisions.eligibility import Eligibility
from decisions.leanings import Leanings
from decisions.local_time import Offsets, offsets
from decisions.offer_arrays import ChannelArrays, MessageArrays
from decisions.share_prices import SharePrices
from decisions.terms import Terms
from decisions.tolls import Tolls
from decisions.words.reasons import Reasons
from otokui.definitions import Definitions
from otokui.domain import Instant
from otokui.errors import BadInput
from otokui.frames import Floats, Ints
from otokui.offers import Message
from otokui.settings import Decisions as Limits
from scoring.habit import Tastes
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
    hour_shares: Floats  # (C, 7, 24) by weekday, Monday first
    about: Tastes  # kinds of customers by the three hours of the day at which they are about
    read_rates: Rates
    beyond_first: float  # money that a first purchase brings in further ones
    beyond_second: float  # and a second
    leaving_share: float  # of those who enquired, who is about to leave
    hours_open_before: Ints  # (C, 24)
    hours_open_after: Ints  # (C, 24)
    response: Response | None  # None: priors and counts stand, and all customers are alike
    capacity: Capacity
    tolls: Tolls | None = None  # what is charged for what is short

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
        return replace(self, digest=digest_of_parts(self.digest, asked), candidates=left, terms=self.terms.kept(kept))

    def priced(self, prices: SharePrices) -> Policy:
        """Return the policy that charges these prices; its digest differs."""
        return replace(
            self, digest=digest_of_parts(self.digest, prices.digest()), tolls=Tolls.of(prices, self.channels.names, self.reasons)
        )

    @property
    def dear(self) -> Ints:
        """The candidates whose channel costs so much that they must surely pay, (k,) indices."""
        return np.flatnonzero(self.terms.channel_cost >= self.limits.sure_from_cost * self.limits.cost_scale)

    def offsets(self, as_of: Instant | int) -> Offsets:
        """Return the shop's offsets from UTC over the send window that begins at ``as_of``."""
        return offsets(self.timezone, as_of, self.limits.window_days + 3)


def _known(kind: str, asked: Collection[str] | None, there: Sequence[str]) -> None:
    unknown = sorted(set(asked or ()) - set(there))
    if unknown:
        raise BadInput(f"{kind} {unknown} is not in the settings; there are {list(there)}", fix=f"name only {kind}s from otokui.toml")


def digest_of_parts(*parts: str) -> str:
    """Return the digest of a policy that is told apart by ``parts``."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
