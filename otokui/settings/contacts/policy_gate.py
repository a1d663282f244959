"""Policy gate settings: evidence needed before a new policy goes live (``[policy_gate]``)."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section, Share


class PolicyGate(Section):
    """Policy gate: limits on evidence and loss for replacing the live policy."""

    reward_days: float = Field(default=14.0, gt=0, description="days after a decision in which purchases are counted as its reward")
    look_back_days: int = Field(default=180, ge=1, description="how old logged decisions may be")
    may_lose_share: Share = Field(default=0.01, description="a policy passes if it costs less than this share of the live one's value")
    min_customers: int = Field(default=100, ge=2, description="customers with logged decisions, at least")
    min_effective: float = Field(default=100.0, gt=0, description="customers' worth of evidence after weighing, at least")
    max_unsupported: Share = Field(default=0.05, description="share of what the policy would change that was never tried, at most")
    max_decisions: int = Field(default=200_000, ge=1_000, description="decisions looked at; of more, a share of customers is drawn")
