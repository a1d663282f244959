"""The settings of how customers answer to being contacted."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from otokui.settings.section import Section, Share


class ResponseSettings(Section):
    """What a contact does."""

    strength: float = Field(default=1.0, ge=0.0, description="multiplies every effect on purchases and leaving; 0 = contact does nothing")
    appeal: float = Field(default=0.11, ge=0.0, description="purchases that a fitting message adds, if read, with the mean customer")
    suggestibility_shape: float = Field(default=1.5, gt=0.0, description="shape of the gamma of suggestibility; small = few persuadables")
    lost_cause_share: Share = Field(default=0.2, description="share whom no message moves")
    do_not_disturb_share: Share = Field(default=0.1, description="share who buy less when contacted")
    do_not_disturb_effect: Share = Field(default=0.35, description="what a message takes from their purchases of two weeks, if read")
    pulse_days: float = Field(default=3.0, gt=0.0, description="days in which the pull of a message fades to a third")
    fatigue_days: float = Field(default=10.0, gt=0.0, description="days in which fatigue fades to a third")
    fatigue_weight: float = Field(default=0.3, ge=0.0, description="how much fatigue takes from attention and adds to annoyance")
    irrelevance_weight: float = Field(default=1.5, ge=0.0, description="how much an irrelevant message adds to annoyance")
    annoyance: float = Field(default=1.0, ge=0.0, description="multiplies every chance to unsubscribe or complain")
    unsubscribe_mark: Share = Field(default=0.12, description="what an unsubscribed customer buys less, for good")
    complaint_share: Share = Field(default=0.05, description="complaints for each unsubscription")
    complaint_mark: Share = Field(default=0.4, description="what a customer who complained buys less, for good")
    save: Share = Field(default=0.3, description="chance that a fitting message, if read, keeps a customer who is about to leave")
    goodwill: Share = Field(default=0.1, description="what a message that cares takes from the chance to leave in the next month, if read")
    coupon_use: Share = Field(default=0.7, description="share of purchases in the response days that use the incentive, caused or not")


class ChannelTruth(Section):
    """How one channel truly works."""

    reach: Share = Field(default=0.5, description="share of customers with an address there")
    consent: Share = Field(default=0.7, description="share of those who opt in")
    attention: Share = Field(default=0.2, description="share of contacts that a person sees, on average")
    spread: float = Field(default=0.7, ge=0.0, description="standard deviation of the log of attention between customers")
    power: float = Field(default=1.0, ge=0.0, description="effect of what is seen, relative to e-mail")
    click: Share = Field(default=0.12, description="share of what is seen that is clicked, on average")
    unsubscribe: Share = Field(default=0.0006, description="chance that one welcome contact loses the customer there")
    bounce: Share = Field(default=0.01, description="share that does not arrive")
    machine: Share = Field(default=0.0, description="share of customers whose mail is opened by a machine")
    hours: Share = Field(default=0.6, description="how much the hour matters")
    opens: bool = Field(default=True, description="whether it tells of opens and clicks")


TRADE: Final[dict[str, ChannelTruth]] = {
    "email": ChannelTruth(reach=0.95, consent=0.78, attention=0.2, power=1.0, click=0.14, unsubscribe=0.0006, bounce=0.012, machine=0.3),
    "push": ChannelTruth(reach=0.4, consent=0.6, attention=0.16, power=0.9, click=0.2, unsubscribe=0.0012, bounce=0.02),
    "sms": ChannelTruth(reach=0.75, consent=0.3, attention=0.45, power=0.8, click=0.08, unsubscribe=0.003, bounce=0.02, opens=False),
    "line": ChannelTruth(reach=0.5, consent=0.7, attention=0.32, power=0.9, click=0.12, unsubscribe=0.002),
    "direct_mail": ChannelTruth(
        reach=0.85, consent=0.6, attention=0.6, power=0.8, click=0.0, unsubscribe=0.0002, bounce=0.02, hours=0.0, opens=False
    ),
    "call": ChannelTruth(
        reach=0.7, consent=0.25, attention=0.4, power=2.2, click=0.0, unsubscribe=0.006, bounce=0.0, hours=0.5, opens=False
    ),
}
"""What is known of the usual channels; any other has the defaults above. Sources: docs/explanation/simulated-shop.md."""
