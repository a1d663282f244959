"""Messages as rows of configuration (``[[messages]]``; mission R3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from otokui.settings.section import Section, Share


class Condition(Section):
    """Condition on a customer for a message; null never meets it."""

    column: str = Field(description="a feature (docs/reference/features.md) or a prediction")
    at_least: float | None = Field(default=None, description="lowest value permitted")
    at_most: float | None = Field(default=None, description="highest value permitted")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"condition on {self.column!r} needs at_least or at_most")
        return self


class Leaning(Section):
    """Message affinity: a factor on the prior uplift, linear between two values of a column."""

    column: str = Field(description="a feature (docs/reference/features.md) or a prediction; where it is not known the factor is 1")
    low: float = Field(description="value of the column up to which at_low holds")
    high: float = Field(description="value of the column from which at_high holds")
    at_low: float = Field(ge=0.0, le=4.0, description="factor at low and below")
    at_high: float = Field(ge=0.0, le=4.0, description="factor at high and above")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"leaning on {self.column!r} needs low < high; it is {self.low} and {self.high}")
        return self


class Showing(StrEnum):
    """Reason why a product is a candidate for a customer."""

    REPURCHASE = "repurchase"
    CART = "cart"
    VIEWED = "viewed"
    SIMILAR = "similar"
    NEXT_CATEGORY = "next_category"
    POPULAR = "popular"
    NEW = "new"


class TimingRule(StrEnum):
    """Rule for the day of a message."""

    SOON = "as_soon_as_possible"
    BEFORE_DUE = "before_next_purchase"


class Message(Section):
    """Message of the shop, with its audience, costs and caps."""

    message_id: str = Field(description="its name, in contacts and decisions")
    scenario: str = Field(description="what it belongs to; scenarios have priorities and control groups")
    title: str = Field(description="what it is, English")
    title_ja: str = Field(description="what it is, Japanese")
    objective: str = Field(description="what should come of it: purchase, second_purchase, visit, retention, care …")
    enabled: bool = Field(default=True, description="whether it is used at all")
    content: str = Field(default="", description="reference to the content in the send engine")
    channels: tuple[str, ...] = Field(description="channels it can go over, any order")
    human: bool = Field(default=False, description="only a person can do it (a call, a lecture): every channel of it has kind human")
    priority: int = Field(default=50, description="of the scenario: where values tie, or exclusive, the higher goes first")
    eligible: tuple[Condition, ...] = Field(default=(), description="conditions, all of which must hold")
    states: tuple[str, ...] = Field(default=(), description="customer states it is for; empty = any")
    leanings: tuple[Leaning, ...] = Field(default=(), description="for whom of them it fits better, until the shop's own contacts say more")
    show: tuple[Showing, ...] = Field(default=(), description="which products it names: only those in question for one of these reasons")
    show_most: int = Field(default=3, ge=0, le=10, description="products it names at most; 0 = none")
    timing: TimingRule = Field(default=TimingRule.SOON, description="how the day is found")
    lead_days: float = Field(default=3.0, ge=0.0, description="days before the expected purchase, for before_next_purchase")
    response_days: float = Field(default=7.0, gt=0.0, description="days in which a response counts")
    prior_uplift: float = Field(
        default=0.01, ge=-1.0, le=1.0, description="prior: share of those who would not buy that one e-mail moves to it"
    )
    prior_strength: float = Field(default=500.0, gt=0.0, description="how many contacts the prior is worth")
    prior_save_rate: Share = Field(default=0.0, description="prior: share of customers about to leave whom one e-mail keeps")
    incentive_cost: float = Field(default=0.0, ge=0.0, description="money per response: coupon, gift")
    care_value: float = Field(default=0.0, ge=0.0, description="money one contact is worth beyond the purchase it brings (thanks, care)")
    cap: int = Field(default=1, ge=0, description="contacts per customer in cap_days with this message")
    cap_days: int = Field(default=30, ge=1, description="the rolling period of cap, days")
    exit_after_unanswered: int = Field(default=3, ge=1, description="sends without response after which the scenario ends")
    recycle_days: float = Field(
        default=365.0, gt=0.0, description="days after the last contact from which who did not respond is tried again"
    )
    after_purchase: bool = Field(default=False, description="may be sent within the cool-off after a purchase (a story, thanks)")
    before_delivery: bool = Field(default=False, description="may be sent while an order is under way")
