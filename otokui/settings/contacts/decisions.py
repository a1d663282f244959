"""Settings of decisions (``[decisions]``): control groups, caps, cool-off, exploration, value, budget."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.contacts.budget import Budget
from otokui.settings.section import Section, Share


class DecisionSettings(Section):
    """Decisions about customers: control groups, caps, exploration and value."""

    holdout_share: Share = Field(default=0.05, description="share of customers never contacted, to measure lift")
    scenario_holdout_share: Share = Field(default=0.05, description="share left out of each scenario")
    random_share: Share = Field(
        default=0.0,
        description="share of customers who get any contact that is permitted and worth it, each with the same chance, to measure choosing",
    )
    usual_share: Share = Field(default=0.0, description="share of customers who get usual_message, to measure against business as usual")
    usual_message: str = Field(
        default="", description="message that the shop sent to everybody before; needed where usual_share is above 0"
    )
    holdout_salt: str = Field(default="otokui", description="key of the hash that draws the groups; changing it draws them anew")
    contact_cap: int = Field(default=2, ge=0, description="contacts per customer over all channels")
    contact_cap_days: int = Field(default=7, ge=1, description="the rolling period of contact_cap, days")
    contact_spacing_hours: float = Field(
        default=48.0,
        ge=0,
        le=8_760,
        description="hours between two contacts of a customer at least, over all push channels, by send time; 0 = no spacing",
    )
    cool_off_days: float = Field(default=3.0, ge=0, description="silence after a purchase")
    undelivered_expires_days: float = Field(default=45.0, gt=0, description="an order without delivery counts as under way for so long")
    valid_hours: float = Field(default=24.0, gt=0, description="a decision not acted on lapses after this")
    window_days: int = Field(default=7, ge=1, description="send times are chosen within so many days")
    send_window_hours: float = Field(default=3.0, gt=0, description="length of the window around a send time")
    max_summary_age_days: float = Field(default=3.0, gt=0, description="older summaries contact nobody")
    omen_days: int = Field(default=14, ge=1, description="an enquiry no older than this is an omen: the customer may be about to leave")
    omen_leaving: Share = Field(default=0.2, description="prior: share of those who enquired who are about to leave")
    exploration_share: Share = Field(default=0.02, description="share of decisions drawn evenly among what is permitted and worth it")
    exploration_most: Share = Field(
        default=0.3, description="most that goes to candidates which may prove better than the best, by how likely that is"
    )
    wear_out: float = Field(default=0.5, ge=0.0, description="divides what one adds by 1 + this x contacts of late (half after 14 days)")
    min_value: float = Field(default=0.0, ge=0, description="a contact must be worth more than this, money")
    sure_from_cost: float = Field(
        default=200.0,
        ge=0,
        description="over channels that cost this much a contact or more (JPY, times cost_scale), a contact must be worth it at the "
        "lower end of the 80% interval of what it adds; 0 asks it of every contact",
    )
    value_horizon_days: int = Field(default=90, ge=7, description="over which a lost customer's value is counted")
    second_purchase_share: Share = Field(
        default=0.5,
        description="share of what customers of two purchases spend more than those of one (of one, than none) that the purchase is given",
    )
    unsubscribe_loss_share: Share = Field(default=0.1, description="share of that value lost with a customer who can no longer be reached")
    cost_scale: float = Field(
        default=1.0, gt=0, description="multiplies costs, incentives and care values of the presets (JPY); e.g. 0.0067 for USD"
    )
    budget: Budget = Budget()
