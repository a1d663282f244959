"""Budget settings; money is not a property of any channel."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section


class Budget(Section):
    """Budget for contacts over all channels: their cost, and expected incentives."""

    money: float | None = Field(default=None, ge=0, description="money in period_days; none = no limit")
    period_days: int = Field(default=30, ge=1, description="the rolling period of money, days")
