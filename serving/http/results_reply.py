"""Reply types of `GET /v1/results`: the source of its OpenAPI schema.

``measurement.results.results`` writes the figures once, for the service, the report and `otokui measure --json`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from serving.http.responses import Time

FigureWord = Annotated[
    Literal["ok", "too_few", "not_ripe", "mismatch"],
    Meta(description="whether the figure can be read; the numbers are null where it is not ok"),
]
Number = float | None


class ContrastReply(Struct):
    """Difference of treated and control customers in the mean of one outcome.

    It is per customer, with its 95% interval.
    """

    treated: Annotated[int, Meta(description="customers of the treated group")]
    control: Annotated[int, Meta(description="customers of the control group")]
    mean_treated: Number
    mean_control: Number
    difference: Number
    low: Number
    high: Number
    p_value: Number
    verdict: FigureWord


class FigureInterval(Struct):
    """Value with its 95% interval."""

    value: float
    low: float
    high: float


class LiftReply(Struct):
    """Lift against the control group; money in the shop's currency."""

    money: ContrastReply
    orders: ContrastReply
    buyers: ContrastReply
    total_money: Annotated[FigureInterval | None, Meta(description="money of all treated customers together")]
    detectable_money: Annotated[Number, Meta(description="smallest difference per customer that groups of these sizes would show")]
    sample_ratio_p: Annotated[float, Meta(description="p-value of the sizes of the groups against the share drawn")]


class FunnelReply(Struct):
    """Funnel of one message over one channel.

    Conversions are orders on record within the response days.
    """

    message_id: str
    channel: str
    sent: int
    delivered: int
    opened: Annotated[int, Meta(description="opened by a person")]
    machine_opened: int
    clicked: int
    ripe: Annotated[int, Meta(description="contacts whose response days are over")]
    converted: Annotated[int, Meta(description="ripe contacts that an order followed")]
    orders: int
    revenue: float
    unsubscribed: int
    complained: int
    bounced_hard: int
    bounced_soft: int
    cost: float
    rates: Annotated[dict[str, FigureInterval | None], Meta(description="rate of each step with its 95% interval (Wilson)")]


class ResultsReply(Struct):
    """Measured results of the newest period, as `otokui measure` kept them."""

    since: Annotated[Time, Meta(description="begin of the period")]
    until: Annotated[Time, Meta(description="end of the period, not included")]
    customers: int
    overall: LiftReply
    weeks: Annotated[list[LiftReply], Meta(description="the same, week by week")]
    by_state: Annotated[dict[str, LiftReply], Meta(description="by customer state at the begin")]
    by_scenario: dict[str, LiftReply]
    by_message: dict[str, LiftReply]
    by_channel: dict[str, LiftReply]
    funnel: list[FunnelReply]
    split: Annotated[
        dict[str, ContrastReply],
        Meta(
            description="money per customer by what earned it: messages (at random against none), choosing (by value against at random), "
            "beyond_usual (by value against the usual message); of the groups that are drawn"
        ),
    ]
    cost: Annotated[float, Meta(description="cost of all contacts of the period")]
    unripe: Annotated[int, Meta(description="first decisions whose response days are not over")]
    contaminated: Annotated[int, Meta(description="customers of the control group who were contacted")]
