"""Response types: the source of the OpenAPI schema, compared with real responses by a test.

``decisions.explanation.decision_json`` writes the responses, once for the service, the nightly run and `otokui explain`. These types only
describe them, so that the hot path builds no second object per customer.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Chance = Annotated[float, Meta(ge=0.0, le=1.0)]
Time = Annotated[str, Meta(description="RFC 3339 with the shop's offset")]
Day = Annotated[str, Meta(description="date in the shop's time zone")]


class Target(Struct):
    """The customer's predictions. A prediction that cannot be made is null."""

    next_purchase: Annotated[dict[str, float | str | None], Meta(description="p_{h}d for each horizon; median_date, p10_date, p90_date")]
    churn_probability: Chance | None
    future_loyal_probability: Chance | None
    expected_spend: Annotated[float, Meta(description="money over expected_spend_days")] | None
    expected_spend_days: int
    state: Literal["prospect", "new", "active", "good", "loyal", "dormant", "churned"] | None


class Incentive(Struct):
    """Incentive of the message, and its expected cost beyond the contact."""

    cost_per_response: float


class MessageChoice(Struct):
    """The chosen message and its scenario."""

    message_id: str
    scenario: str
    objective: str
    content: str | None
    products: list[str]
    incentive: Incentive | None


class Timing(Struct):
    """When to send: send time, time zone and validity of the reservation."""

    send_at: Time
    not_before: Time
    not_after: Time
    timezone: str


class ChannelChoice(Struct):
    """The chosen channel, and the fallback channels where it fails."""

    name: str
    fallbacks: list[str]


class ContactValue(Struct):
    """Expected value of the contact in the shop's currency; uplift as a purchase probability."""

    p_purchase: float | None
    uplift: float | None
    uplift_low: float | None
    uplift_high: float | None
    margin: float | None
    cost: float | None
    care_value: float | None
    expected_value: float | None


class Plan(Struct):
    """The planned contact of a control customer, or a contact that was refused or not worth it.

    The status is control, suppressed or no_contact.
    """

    message: MessageChoice
    timing: Timing | None
    channel: ChannelChoice
    value: ContactValue


class Reason(Struct):
    """Reason of the decision as text for a person."""

    code: str
    text: str
    text_ja: str


class Suppression(Struct):
    """Rule that forbids the contact, and its latest end where it lapses by itself."""

    code: str
    until: Time | None
    text: str
    text_ja: str


class Versions(Struct):
    """Digests of the policy and the models that made the decision."""

    policy: str
    features: str
    models: dict[str, str]


class Failure(Struct):
    """Why the decision failed for this customer; the other customers are decided."""

    code: str
    detail: str
    fix: str


class Candidate(Struct):
    """One message over one channel that was considered, and its reasons for refusal."""

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
    """One customer's decision. Send only where status is ``contact``."""

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
    """Decisions in the order of the request."""

    request_id: str | None
    as_of: Time
    dry_run: bool
    decisions: list[Decision]


class Factor(Struct):
    """One feature's contribution to a prediction (SHAP, in the model's raw score)."""

    feature: str
    called: Annotated[str, Meta(description="what the feature is, in plain words")]
    value: float | None
    contribution: float


class Prediction(Struct, kw_only=True):
    """Predictions for one customer."""

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
    """Predictions in the order of the request."""

    request_id: str | None
    as_of: Time
    summarised_at: Time
    missing: Annotated[dict[str, str], Meta(description="predictions that cannot be made, and why")]
    models: dict[str, str]
    predictions: list[Prediction]


class Replayed(Struct, kw_only=True):
    """A logged decision, and its replay from the same inputs."""

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
