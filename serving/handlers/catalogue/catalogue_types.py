"""Reply types of the catalogue: live models, messages and channels."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from serving.http.responses import Time

Title = Annotated[str, Meta(description="what people call it, in the language of the reply")]
CapDays = Annotated[int, Meta(description="rolling period of the cap, days")]


class Calibration(Struct, kw_only=True):
    """Affine calibration of a model's score: intercept + slope x score."""

    intercept: float
    slope: float


class LiveModel(Struct, kw_only=True):
    """One live model: where it comes from, and how good it was at its training."""

    label: str
    title: Title
    digest: Annotated[str, Meta(description="SHA-256 of the model's manifest; decisions name it")]
    version: Annotated[str, Meta(description="version in the model registry")] | None
    live_since: Annotated[Time, Meta(description="when it was promoted")] | None
    trained_through: Annotated[Time, Meta(description="the latest record that it learnt from is before this")]
    cutoffs: Annotated[list[Time], Meta(description="cut-offs of its training rows")]
    horizon_days: Annotated[float, Meta(description="how far ahead it looks")]
    trees: Annotated[int, Meta(description="boosting rounds; 0: a baseline without trees")]
    otokui_version: str
    predicts: Annotated[bool, Meta(description="false: there is too little data for any prediction")]
    not_enough: Annotated[str, Meta(description="what there is too little of, for trees or at all")] | None
    metrics: Annotated[dict[str, float | None], Meta(description="measured at training on customers that it had not seen")]
    calibration: Annotated[list[Calibration], Meta(description="one, or one per period of the next purchase")]


class ModelList(Struct, kw_only=True):
    """Live models."""

    language: str
    models: list[LiveModel]


class MessageEntry(Struct, kw_only=True):
    """One message of the shop."""

    message_id: str
    scenario: str
    title: Title
    objective: Annotated[str, Meta(description="objective of the message, from the settings")]
    enabled: bool
    content: Annotated[str, Meta(description="reference to the content in the send engine")] | None
    human: Annotated[bool, Meta(description="whether only a person may bring it, over human channels")]
    channels: list[str]
    priority: int
    cap: Annotated[int, Meta(description="contacts per customer in cap_days with this message")]
    cap_days: CapDays
    response_days: Annotated[float, Meta(description="days in which a response counts")]
    incentive: Annotated[float, Meta(description="money per response; null: no incentive")] | None
    products_shown: Annotated[int, Meta(description="products it names at most")]


class MessageList(Struct, kw_only=True):
    """Messages of the shop."""

    language: str
    currency: str
    messages: list[MessageEntry]


class ChannelEntry(Struct, kw_only=True):
    """One channel of the shop."""

    name: str
    title: Title
    enabled: bool
    reach: Annotated[Literal["push", "pull"], Meta(description="push: the shop sends; pull: the customer comes")]
    kind: Annotated[Literal["message", "human"], Meta(description="message: a system sends it; human: a person calls or talks")]
    needs_consent: bool
    cost: Annotated[float, Meta(description="money per contact")]
    lead_time_hours: Annotated[float, Meta(description="hours between hand-over and arrival")]
    quiet_from_hour: Annotated[int, Meta(description="local hour at which quiet hours begin")]
    quiet_until_hour: Annotated[int, Meta(description="local hour at which quiet hours end")]
    cap: Annotated[int, Meta(description="contacts per customer in cap_days on this channel")]
    cap_days: CapDays
    capacity_per_day: Annotated[int, Meta(description="contacts the shop can send in a day; null: no limit")] | None
    capacity_per_hour: Annotated[int, Meta(description="contacts the shop can send in a local hour; null: no limit")] | None


class ChannelList(Struct, kw_only=True):
    """Channels of the shop."""

    language: str
    currency: str
    timezone: Annotated[str, Meta(description="time zone of the quiet hours, IANA name")]
    channels: list[ChannelEntry]
