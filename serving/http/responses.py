"""What is answered, as types: the source of the OpenAPI schema, checked against real answers by a test.

The answers themselves are written by ``decisions.explanation.decision_json``, once, for the service, the batch and `otokui explain`;
these types only describe them, so that the hot path builds no second object per customer.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Chance = Annotated[float, Meta(ge=0.0, le=1.0)]
Time = Annotated[str, Meta(description="RFC 3339 with the shop's offset")]
Day = Annotated[str, Meta(description="date in the shop's time zone")]


class Target(Struct):
    """What is expected of the customer. A prediction that cannot be made is null."""

    next_purchase: Annotated[dict[str, float | str | None], Meta(description="p_{h}d for each horizon; median_date, p10_date, p90_date")]
    churn_probability: Chance | None
    future_loyal_probability: Chance | None
    expected_spend: Annotated[float, Meta(description="money over expected_spend_days")] | None
    expected_spend_days: int
    state: Literal["prospect", "new", "active", "good", "loyal", "dormant", "churned"] | None


class Incentive(Struct):
    """What a response costs beyond the contact."""

    cost_per_response: float


class MessageChoice(Struct):
    """Which message."""

    message_id: str
    scenario: str
    objective: str
    content: str | None
    products: list[str]
    incentive: Incentive | None


class Timing(Struct):
    """When to send."""

    send_at: Time
    not_before: Time
    not_after: Time
    timezone: str


class ChannelChoice(Struct):
    """Over which channel, and which others serve if it fails."""

    name: str
    fallbacks: list[str]


class ContactValue(Struct):
    """What the contact is expected to bring, in the shop's currency; uplift in chance of a purchase."""

    p_purchase: float | None
    uplift: float | None
    uplift_low: float | None
    uplift_high: float | None
    margin: float | None
    cost: float | None
    care_value: float | None
    expected_value: float | None


class Plan(Struct):
    """What would have been done (control), or was refused (suppressed), or is not worth it (no_contact)."""

    message: MessageChoice
    timing: Timing | None
    channel: ChannelChoice
    value: ContactValue


class Reason(Struct):
    """Why, for a person."""

    code: str
    text: str
    text_ja: str


class Suppression(Struct):
    """A rule that forbids the contact, and until when at the latest where it lapses by itself."""

    code: str
    until: Time | None
    text: str
    text_ja: str


class Versions(Struct):
    """What decided: digests."""

    policy: str
    features: str
    models: dict[str, str]


class Failure(Struct):
    """Why this customer could not be answered for; the others are."""

    code: str
    detail: str
    fix: str


class Candidate(Struct):
    """One message over one channel that was looked at, and what spoke against it."""

    message_id: str
    scenario: str
    channel: str
    chosen: bool
    eligible: Annotated[bool, Meta(description="whether the message is meant for the customer")]
    unmet: Annotated[
        list[str],
        Meta(description="the message's own conditions that do not hold, in words: what is, and what is needed at least or at most"),
    ]
    unmet_ja: Annotated[list[str], Meta(description="the same in Japanese")]
    refused_by: Annotated[list[str], Meta(description="rules that forbid it")]
    propensity: Annotated[float, Meta(ge=0.0, le=1.0, description="the chance it had of being chosen")]
    value: ContactValue


class Decision(Struct, kw_only=True):
    """One customer's decision. Only where status is ``contact`` is anything to be sent."""

    decision_id: str | None
    customer_id: str
    status: Literal["contact", "no_contact", "suppressed", "control", "error"]
    as_of: Time
    valid_until: Time | None
    known: Annotated[bool, Meta(description="false: nothing is on record; the pooled prediction was used")]
    target: Target | None
    message: MessageChoice | None
    timing: Timing | None
    channel: ChannelChoice | None
    value: ContactValue | None
    considered: Plan | None
    action_probability: Chance | None
    explored: bool
    group: Literal["treatment", "control", "scenario_control"] | None
    reasons: list[Reason]
    suppressions: list[Suppression]
    versions: Versions | None
    error: Failure | None = None
    candidates: Annotated[list[Candidate], Meta(description="only when explain was asked")] | None = None


class DecisionReply(Struct, kw_only=True):
    """Decisions in the order asked."""

    request_id: str | None
    as_of: Time
    dry_run: bool
    decisions: list[Decision]


class Factor(Struct):
    """One feature's part in a prediction (SHAP, in the model's raw score)."""

    feature: str
    called: Annotated[str, Meta(description="what the feature is, in plain words")]
    value: float | None
    contribution: float


class Prediction(Struct, kw_only=True):
    """What is expected of one customer."""

    customer_id: str
    known: bool
    next_purchase: dict[str, float | str | None]
    next_purchase_weekday: Annotated[
        dict[str, float | None], Meta(description="chance of each local weekday, 1 = Monday, given a purchase within 28 days")
    ]
    next_purchase_hours: Annotated[
        dict[str, float | None], Meta(description="chance of each three hours of the local day, by the hour at which they begin")
    ]
    expected_purchases: Annotated[dict[str, float | None], Meta(description="mean count within {h}d")]
    median_purchases: Annotated[dict[str, float | None], Meta(description="median count within {h}d")]
    expected_spend: Annotated[dict[str, float | None], Meta(description="money within {h}d")]
    churn_probability: Chance | None
    future_loyal_probability: Chance | None
    state: Literal["prospect", "new", "active", "good", "loyal", "dormant", "churned"] | None
    error: Failure | None = None
    factors: Annotated[dict[str, list[Factor]], Meta(description="by model, only when explain was asked")] | None = None


class PredictionReply(Struct, kw_only=True):
    """Predictions in the order asked."""

    request_id: str | None
    as_of: Time
    summarised_at: Time
    missing: Annotated[dict[str, str], Meta(description="predictions that cannot be made, and why")]
    models: dict[str, str]
    predictions: list[Prediction]


class Replayed(Struct, kw_only=True):
    """A logged decision and what the same inputs come to now."""

    decision_id: str
    same: Annotated[bool, Meta(description="whether every byte is as it was")]
    differing: Annotated[list[str], Meta(description="paths of the fields that differ")]
    why: Annotated[str | None, Meta(description="why it cannot be made again, and what to do")]
    decision: Decision
    again: Decision | None


class Readiness(Struct, kw_only=True):
    """Whether decisions can be made, and why not."""

    ready: bool
    reasons: list[str]
    warnings: list[str]
    summarised_at: Time | None
    summaries: str | None
    policy: str | None
    models: dict[str, str]
