"""Compile settings and evidence into a policy, checked once.

Apart from the policy itself, so that code that decides need not know how settings and the shop's own counts were combined.
"""

from __future__ import annotations

import numpy as np

from decisions.allocation.capacity import Capacity
from decisions.allocation.shadow_prices import SharePrices, with_shortage_reasons
from decisions.candidates.candidate_terms import PersonalFactors, Terms, ValueRules
from decisions.candidates.candidates import pair
from decisions.candidates.channel_engagement import Rates, hour_shares
from decisions.candidates.channel_message_arrays import ChannelArrays, MessageArrays, Offers
from decisions.candidates.eligibility import compile_eligibility
from decisions.candidates.message_affinity import MessageAffinities
from decisions.candidates.retention import leaving_share
from decisions.candidates.unsubscribe_rate import rates
from decisions.candidates.uplift_prior import counts_digest, learnt_uplift, prior_uplift
from decisions.compiler.evidence import Evidence
from decisions.constraints.constraints import CONSTRAINTS
from decisions.policy.constraint_context import ContactRules
from decisions.policy.control_groups import Holdout
from decisions.policy.exploration import Exploration
from decisions.policy.policy import Expected, Policy, digest_of_parts
from decisions.policy.send_time import SendTimes, one_kind_of_customers, reachable, run_lengths
from decisions.policy.spaced_send_times import SpacingTimes
from decisions.wording.phrases import Wording
from decisions.wording.reason_table import Reasons, compile_reasons
from features import feature_names, fingerprint
from otokui.errors import BadSettings
from otokui.frames import Ints
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.decisions import DecisionSettings
from otokui.settings.settings import Settings


def compile_policy(settings: Settings, evidence: Evidence, prices: SharePrices | None = None) -> Policy:
    """Compile settings, evidence and shadow prices into a policy.

    This is the one place where they are put together. A response model in the evidence replaces stated priors and counts for the
    candidates it knows.

    Raises:
        BadSettings: a condition names an unknown column; prior hours are not 24 weights.
        BrokenModel: the digests of the response model do not match its files.
        FeatureSetMismatch: it was trained on other features.
    """
    limits, scale, horizons = settings.decisions, settings.decisions.cost_scale, settings.predictions.horizons_days
    response, names = evidence.model(), feature_names()
    messages, channels = MessageArrays.of(settings.messages, scale), ChannelArrays.of(settings.channels, scale)
    reads = sorted((count for count in evidence.reads if count.channel in channels.names), key=lambda count: count.channel)
    shares = hour_shares(np.array([_prior_hours(c) for c in settings.channels]).reshape(-1, 24), channels.names, reads)
    offers = Offers(settings.messages, messages, channels, pair(settings.messages, channels.names))
    before, after = run_lengths(channels.open_hours)
    spacing = SpacingTimes.of(channels.lead_seconds, limits.window_days, limits.valid_hours)
    stated = prior_uplift(offers, evidence.counts)
    unsubscribe_rates = rates(channels.unsubscribe_rate, channels.names, evidence.unsubscribes)
    uplift = stated if response is None else learnt_uplift(stated, offers, response, limits.wear_out)
    policy = Policy(
        digest=digest_of_parts(
            settings.digest(),
            counts_digest(evidence.counts),
            repr(reads),
            str(evidence.delivery_tracked),
            response.digest if response else "",
            unsubscribe_rates.tobytes().hex(),
            evidence.active_hours.model_dump_json() if evidence.active_hours else "",
            repr((evidence.second_purchase, evidence.first_purchase, evidence.churn_signals.made, evidence.churn_signals.expected)),
        ),
        features=fingerprint(),
        expected=Expected(horizons, settings.definitions, settings.shop.timezone),
        offers=offers,
        eligibility=compile_eligibility(settings.messages, names, horizons),
        rules=ContactRules(
            messages=messages,
            channels=channels,
            reachable=reachable(channels, limits.window_days),
            delivery_tracked=evidence.delivery_tracked,
            contact_cap=limits.contact_cap,
            contact_cap_days=limits.contact_cap_days,
            cool_off_days=limits.cool_off_days,
            undelivered_expires_days=limits.undelivered_expires_days,
            max_summary_age_days=limits.max_summary_age_days,
            min_value=limits.min_value,
            spacing=spacing,
            shared_scenario=_shared(messages),
        ),
        value=ValueRules(
            candidates=offers.candidates,
            response_days=messages.response_days,
            terms=Terms.of(offers, uplift, unsubscribe_rates),
            personal=PersonalFactors(
                leanings=MessageAffinities.compile(settings.messages, names, horizons),
                read_rates=Rates.of(channels.names, reads),
                response=response,
                wear_out=limits.wear_out,
                period_days=limits.contact_cap_days,
            ),
            margin_rate=settings.shop.margin_rate,
            horizon_days=limits.value_horizon_days,
            beyond_first=evidence.first_purchase * limits.second_purchase_share,
            beyond_second=evidence.second_purchase * limits.second_purchase_share,
            enquiry_days=limits.omen_days,
            leaving_share=leaving_share(limits.omen_leaving, evidence.churn_signals),
            unsubscribe_loss_share=limits.unsubscribe_loss_share,
            sure_from_cost=limits.sure_from_cost * limits.cost_scale,
        ),
        exploration=Exploration(limits.exploration_share, limits.exploration_most),
        holdout=holdout_of(limits),
        times=SendTimes(
            timezone=settings.shop.timezone,
            messages=messages,
            channels=channels,
            hour_shares=shares,
            active_hours=evidence.active_hours or one_kind_of_customers(shares),
            open_before=before,
            open_after=after,
            window_days=limits.window_days,
            send_window_hours=limits.send_window_hours,
            valid_hours=limits.valid_hours,
            spacing=spacing,
        ),
        capacity=Capacity.of(settings.channels, limits.budget),
        reasons=reasons_of(settings),
    )
    return policy if prices is None else policy.priced(prices)


def holdout_of(limits: DecisionSettings) -> Holdout:
    """Return the control and comparison groups of the settings."""
    return Holdout(
        limits.holdout_salt,
        limits.holdout_share,
        limits.scenario_holdout_share,
        limits.random_share,
        limits.usual_share,
        limits.usual_message,
    )


def reasons_of(settings: Settings) -> Reasons:
    """Return all reasons of a policy: general, constraints, messages and shadow prices."""
    rules = {constraint.name: Wording(constraint.text) for constraint in CONSTRAINTS}
    return with_shortage_reasons(
        compile_reasons(settings.messages, settings.shop.currency, rules), settings.channels, settings.shop.currency
    )


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
