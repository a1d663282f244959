"""Settings and evidence into a policy: what a shop wrote, moved by what its own contacts have taught, checked once.

Apart from the policy itself, so that whoever decides need not know how what it decides by came about.
"""

from __future__ import annotations

import numpy as np

from decisions.attention import Rates, hour_shares
from decisions.candidates import pair
from decisions.capacity import Capacity
from decisions.constraints import CONSTRAINTS
from decisions.eligibility import compile_eligibility
from decisions.evidence import Evidence
from decisions.keeping import leaving_share
from decisions.leanings import Leanings
from decisions.offer_arrays import ChannelArrays, MessageArrays
from decisions.policy import Policy, digest_of_parts
from decisions.response import counts_digest, learnt, uplift
from decisions.share_prices import SharePrices
from decisions.terms import Terms
from decisions.timing import alike, run_lengths
from decisions.tolls import with_short
from decisions.unsubscribes import rates
from decisions.words.reasons import Reasons, compile_reasons
from decisions.words.wording import Wording
from features import feature_names, fingerprint
from otokui.errors import BadSettings
from otokui.frames import Ints
from otokui.offers import Channel
from otokui.settings import Settings


def compile_policy(settings: Settings, evidence: Evidence, prices: SharePrices | None = None) -> Policy:
    """Return the policy that settings, evidence and prices come to: the one place where they are put together.

    Where the evidence holds a response model, it replaces stated priors and counts for the candidates it knows.

    Raises:
        BadSettings: a condition names an unknown column; prior hours are not 24 weights.
        BrokenModel: the response model is not what it vouches for.
        FeatureSetMismatch: it was trained on other features.
    """
    limits, scale, horizons = settings.decisions, settings.decisions.cost_scale, settings.predictions.horizons_days
    response, names = evidence.model(), feature_names()
    messages, channels = MessageArrays.of(settings.messages, scale), ChannelArrays.of(settings.channels, scale)
    seen = sorted((count for count in evidence.reads if count.channel in channels.names), key=lambda count: count.channel)
    shares = hour_shares(np.array([_prior_hours(c) for c in settings.channels]).reshape(-1, 24), channels.names, seen)
    candidates = pair(settings.messages, channels.names)
    before, after = run_lengths(channels.open_hours)
    stated = uplift(messages, channels, candidates, evidence.counts)
    lost = rates(channels.unsubscribe_rate, channels.names, evidence.unsubscribes)
    said = stated if response is None else learnt(stated, messages, channels, candidates, response, limits.wear_out)
    policy = Policy(
        digest=digest_of_parts(
            settings.digest(),
            counts_digest(evidence.counts),
            repr(seen),
            str(evidence.delivery_tracked),
            response.digest if response else "",
            lost.tobytes().hex(),
            evidence.about.model_dump_json() if evidence.about else "",
            repr((evidence.second_purchase, evidence.first_purchase, evidence.omens.made, evidence.omens.expected)),
        ),
        features=fingerprint(),
        timezone=settings.shop.timezone,
        margin_rate=settings.shop.margin_rate,
        limits=limits,
        definitions=settings.definitions,
        horizons_days=horizons,
        delivery_tracked=evidence.delivery_tracked,
        offered=settings.messages,
        messages=messages,
        channels=channels,
        candidates=candidates,
        eligibility=compile_eligibility(settings.messages, names, horizons),
        leanings=Leanings.compile(settings.messages, names, horizons),
        reasons=reasons_of(settings),
        terms=Terms.of(messages, channels, candidates, said, lost),
        shared_scenario=_shared(messages),
        hour_shares=shares,
        about=evidence.about or alike(shares),
        read_rates=Rates.of(channels.names, seen),
        beyond_first=evidence.first_purchase * limits.second_purchase_share,
        beyond_second=evidence.second_purchase * limits.second_purchase_share,
        leaving_share=leaving_share(limits.omen_leaving, evidence.omens),
        hours_open_before=before,
        hours_open_after=after,
        response=response,
        capacity=Capacity.of(settings.channels, limits.budget),
    )
    return policy if prices is None else policy.priced(prices)


def reasons_of(settings: Settings) -> Reasons:
    """Return every reason that a policy of these settings can give: general ones, the rules', the messages', and what is short."""
    rules = {constraint.name: Wording(constraint.text) for constraint in CONSTRAINTS}
    return with_short(compile_reasons(settings.messages, settings.shop.currency, rules), settings.channels, settings.shop.currency)


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
