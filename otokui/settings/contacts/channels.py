"""Channels as rows of configuration (``[[channels]]``; mission R6)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from otokui.settings.section import Hours, Section, Share


class Reach(StrEnum):
    """Reach of a channel: sent by the shop (push) or on a customer's visit (pull)."""

    PUSH = "push"
    PULL = "pull"


class ChannelKind(StrEnum):
    """Kind of a channel: an automatic message, or an action of a person."""

    MESSAGE = "message"
    HUMAN = "human"


class Channel(Section):
    """Channel over which a customer can be reached."""

    name: str = Field(description="the name that contacts and consents carry")
    title: str = Field(description="what people call it, English")
    title_ja: str = Field(description="what people call it, Japanese")
    enabled: bool = Field(default=True, description="whether it is used at all")
    kind: ChannelKind = Field(
        default=ChannelKind.MESSAGE, description="message: a send engine sends it; human: a person acts, from the work list (otokui tasks)"
    )
    reach: Reach = Field(default=Reach.PUSH, description="push, or pull: used only where a call says that the customer is there (context)")
    needs_consent: bool = Field(default=True, description="whether only customers who opted in may be contacted")
    cost: float = Field(default=0.0, ge=0.0, description="money per contact")
    lead_time_hours: float = Field(default=0.0, ge=0.0, description="hours between hand-over and arrival")
    quiet_from_hour: Hours = Field(default=21, description="local hour at which quiet begins")
    quiet_until_hour: Hours = Field(default=8, description="local hour at which quiet ends")
    cap: int = Field(default=2, ge=0, description="contacts per customer in cap_days on this channel")
    cap_days: int = Field(default=7, ge=1, description="the rolling period of cap, days")
    spacing_hours: float = Field(
        default=0.0,
        ge=0.0,
        le=8_760.0,
        description="hours between two contacts of a customer on this channel at least, by send time; counts where it is longer than "
        "[decisions] contact_spacing_hours",
    )
    capacity_per_day: int | None = Field(default=None, ge=0, description="contacts the shop can send in a day; none = no limit")
    capacity_per_hour: int | None = Field(default=None, ge=0, description="contacts the shop can send in a local hour; none = no limit")
    response_factor: float = Field(default=1.0, ge=0.0, description="prior: response here relative to e-mail")
    unsubscribe_rate: Share = Field(default=0.001, description="prior: chance that one contact loses the customer for this channel")
    prior_hours: tuple[float, ...] = Field(
        default=(), description="24 weights: when customers respond here, before the shop's own data speaks; empty = even"
    )
