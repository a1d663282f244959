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
    expected_spend: Annotated[float, Meta(description="expected spend within expected_spend_days")] | None
    expected_spend_days: Annotated[int, Meta(description="length of that period in days")]
    state: Literal["prospect", "new", "active", "good", "loyal", "dormant", "churned"] | None


class Incentive(Struct):
    """Incentive of the message, and its expected cost beyond the contact."""

    cost_per_response: Annotated[float, Meta(description="money per response")]


class MessageChoice(Struct):
    """The chosen message and its scenario."""

    message_id: str
    scenario: Annotated[str, Meta(description="the scenario that the message belongs to")]
    objective: Annotated[str, Meta(description="objective of the message, from the settings")]
    content: Annotated[str, Meta(description="reference to the content in the send engine, from the settings")] | None
    products: Annotated[list[str], Meta(description="product ids to show, best first")]
    incentive: Incentive | None


class Timing(Struct):
    """When to send: send time, time zone and validity of the reservation."""

    send_at: Time
    not_before: Time
    not_after: Time
    timezone: Annotated[str, Meta(description="the shop's time zone, IANA name")]


class ChannelChoice(Struct):
    """The chosen channel, and the fallback channels where it fails."""

    name: Annotated[str, Meta(description="channel to send over")]
    fallbacks: Annotated[list[str], Meta(description="further channels to try in this order, within the same window")]


class ContactValue(Struct):
    """Expected value of the contact in the shop's currency; uplift as a purchase probability."""

    p_purchase: Annotated[float, Meta(description="probability of a purchase with the contact")] | None
    uplift: Annotated[float, Meta(description="effect of the contact on that probability")] | None
    uplift_low: Annotated[float, Meta(description="lower end of the uplift's 80% interval")] | None
    uplift_high: Annotated[float, Meta(description="upper end of the uplift's 80% interval")] | None
    margin: Annotated[float, Meta(description="expected margin of an additional purchase")] | None
    cost: Annotated[float, Meta(description="cost of the contact")] | None
    care_value: Annotated[float, Meta(description="money beyond the purchase: thanks, help, retention")] | None
    expected_value: Annotated[float, Meta(description="expected value of the contact after all costs")] | None


class Plan(Struct):
    """The contact that was planned, refused or not worth it, and is not sent.

    The status is control, suppressed or no_contact.
    """

    message: MessageChoice
    timing: Timing | None
    channel: ChannelChoice
    value: ContactValue


class Reason(Struct):
    """Reason of the decision as text for a person."""

    code: Annotated[str, Meta(description="machine-readable code")]
    text: Annotated[str, Meta(description="reason in English")]
    text_ja: Annotated[str, Meta(description="reason in Japanese")]


class Suppression(Struct):
    """Rule that forbids the contact, and its latest end where it lapses by itself."""

    code: Annotated[str, Meta(description="machine-readable code")]
    until: Time | None
    text: Annotated[str, Meta(description="rule in English")]
    text_ja: Annotated[str, Meta(description="rule in Japanese")]


class Versions(Struct):
    """Digests of the policy and the models that made the decision."""

    policy: Annotated[str, Meta(description="digest of the policy")]
    features: Annotated[str, Meta(description="digest of the feature definitions")]
    models: Annotated[dict[str, str], Meta(description="digest of each model, by label")]


class Failure(Struct):
    """Why the decision failed for this customer; the other customers are decided."""

    code: str
    detail: str
    fix: Annotated[str, Meta(description="what to do")]


class Candidate(Struct):
    """One message over one channel that was considered, and its reasons for refusal."""

    message_id: str
    scenario: str
    channel: str
    chosen: Annotated[bool, Meta(description="whether it is the decision")]
    eligible: Annotated[bool, Meta(description="whether the customer meets the conditions of scenario and message")]
    unmet: Annotated[
        list[str],
        Meta(description="conditions of the message that do not hold, as text: the customer's value and the limit"),
    ]
    unmet_ja: Annotated[list[str], Meta(description="the same in Japanese")]
    refused_by: Annotated[list[str], Meta(description="codes of the rules that forbid it")]
    propensity: Annotated[float, Meta(ge=0.0, le=1.0, description="probability with which it was chosen (exploration included)")]
    value: ContactValue


class Decision(Struct, kw_only=True):
    """One customer's decision. Send only where status is ``contact``."""

    decision_id: Annotated[str, Meta(description="id for feedback, look-up and replay")] | None
    customer_id: str
    status: Annotated[Literal["contact", "no_contact", "suppressed", "control", "error"], Meta(description="send only where it is contact")]
    as_of: Time
    valid_until: Time | None
    known: Annotated[bool, Meta(description="false: the customer has no records, and the baseline was predicted")]
    target: Target | None
    message: MessageChoice | None
    timing: Timing | None
    channel: ChannelChoice | None
    value: ContactValue | None
    considered: Annotated[Plan, Meta(description="the contact that was planned and is not sent")] | None
    action_probability: Chance | None
    explored: Annotated[bool, Meta(description="whether the choice is an exploration")]
    group: (
        Annotated[Literal["treatment", "control", "scenario_control", "random", "usual"], Meta(description="group of the experiment")]
        | None
    )
    reasons: list[Reason]
    suppressions: list[Suppression]
    versions: Versions | None
    error: Failure | None = None
    stands_for: Annotated[str, Meta(description="the surviving customer that a merged customer_id was decided as")] | None = None
    candidates: Annotated[list[Candidate], Meta(description="with explain: all candidates")] | None = None


class DecisionReply(Struct, kw_only=True):
    """Decisions in the order of the request."""

    request_id: str | None
    as_of: Time
    dry_run: Annotated[bool, Meta(description="true: nothing was reserved or logged")]
    decisions: list[Decision]


class Factor(Struct):
    """One feature's contribution to a prediction (SHAP, in the model's raw score)."""

    feature: str
    called: Annotated[str, Meta(description="the feature in plain words")]
    value: float | None
    contribution: float


class Prediction(Struct, kw_only=True):
    """Predictions for one customer."""

    customer_id: str
    known: bool
    next_purchase: dict[str, float | str | None]
    next_purchase_weekday: Annotated[
        dict[str, float | None], Meta(description="probability of each local weekday, 1 = Monday, given a purchase within 28 days")
    ]
    next_purchase_hours: Annotated[
        dict[str, float | None], Meta(description="probability of each three hours of the local day, by their first hour")
    ]
    expected_purchases: Annotated[dict[str, float | None], Meta(description="expected number of purchases within {h}d")]
    median_purchases: Annotated[dict[str, float | None], Meta(description="median number of purchases within {h}d")]
    expected_spend: Annotated[dict[str, float | None], Meta(description="expected spend within {h}d")]
    churn_probability: Chance | None
    future_loyal_probability: Chance | None
    state: Literal["prospect", "new", "active", "good", "loyal", "dormant", "churned"] | None
    error: Failure | None = None
    stands_for: Annotated[str, Meta(description="the surviving customer that a merged customer_id was predicted as")] | None = None
    factors: Annotated[dict[str, list[Factor]], Meta(description="with explain: the strongest features, by model")] | None = None


class PredictionReply(Struct, kw_only=True):
    """Predictions in the order of the request."""

    request_id: str | None
    as_of: Time
    summarised_at: Time
    missing: Annotated[dict[str, str], Meta(description="predictions that cannot be made, each with its reason")]
    models: Annotated[dict[str, str], Meta(description="digest of each model, by label")]
    predictions: list[Prediction]


class Replayed(Struct, kw_only=True):
    """A logged decision, and its replay from the same inputs."""

    decision_id: str
    same: Annotated[bool, Meta(description="whether every byte is equal")]
    differing: Annotated[list[str], Meta(description="paths of the fields that differ")]
    why: Annotated[str | None, Meta(description="why a replay is not possible, and the fix")]
    decision: Annotated[Decision, Meta(description="the decision as it was answered")]
    again: Annotated[Decision, Meta(description="the replayed decision")] | None


class Liveness(Struct):
    """The process answers."""

    alive: bool


class Readiness(Struct, kw_only=True):
    """Whether decisions can be made, and why not."""

    ready: bool
    reasons: Annotated[list[str], Meta(description="why decisions cannot be made")]
    warnings: Annotated[list[str], Meta(description="what an operator should look at; decisions are made")]
    summarised_at: Time | None
    summaries: Annotated[str, Meta(description="version of the served summaries")] | None
    policy: Annotated[str, Meta(description="digest of the live policy")] | None
    models: Annotated[dict[str, str], Meta(description="digest of each live model, by label")]
    access: Annotated[Literal["keys", "open"], Meta(description="open: callers on this machine's loopback need no API key")] = "keys"
