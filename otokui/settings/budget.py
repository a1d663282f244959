"""What the shop can spend on contacts: a section of its own, for money is not a property of any channel."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.offers import Section


class Budget(Section):
    """Money for contacts, over all channels: their cost, and the incentives they are expected to pay."""

    money: float | None = Field(default=None, ge=0, description="money in period_days; none = no limit")
    period_days: int = Field(default=30, ge=1, description="the rolling period of money, days")
