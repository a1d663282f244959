"""Definitions of loyalty, churn and customer states by the shop (``[definitions]``; mission D1, D2, D5)."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from otokui.settings.section import Section


class Match(StrEnum):
    """Combination of the parts of a rule: any or all."""

    ANY = "any"
    ALL = "all"


class LoyalRule(Section):
    """Loyal customer rule of the shop (mission D1).

    Parts left out do not count.
    """

    match: Match = Field(default=Match.ANY, description="any or all of the parts must hold")
    purchases_at_least: int | None = Field(default=None, ge=1, description="number of purchases")
    spend_at_least: float | None = Field(default=None, gt=0, description="money spent")
    tenure_days_at_least: float | None = Field(default=None, gt=0, description="days since the first purchase")
    within_days: float | None = Field(default=None, gt=0, description="count purchases and spend over these last days; none = all time")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.purchases_at_least is None and self.spend_at_least is None and self.tenure_days_at_least is None:
            raise ValueError("a loyal customer needs at least one of purchases_at_least, spend_at_least, tenure_days_at_least")
        if self.within_days is not None and (self.purchases_at_least or 0) > 8:
            raise ValueError("purchases_at_least above 8 cannot be counted within_days; leave within_days out")
        return self


class Definitions(Section):
    """Definitions of loyalty, churn and customer states (mission D1, D2, D5)."""

    loyal: LoyalRule = LoyalRule(purchases_at_least=3)
    loyal_horizon_days: int = Field(default=90, ge=7, description="by when a customer could become loyal")
    churn_days: int | None = Field(
        default=None, ge=1, description="no purchase in the next N days is churn; none = proposed from the shop's own gaps"
    )
    new_days: float = Field(default=30.0, gt=0, description="a customer is new for so long after the first purchase")
    good_purchases: int = Field(default=2, ge=1, description="purchases from which an active customer is good")
    dormant_overdue: float = Field(default=2.0, gt=0, description="recency above so many of the customer's own gaps is dormant")
    dormant_days: float = Field(default=90.0, gt=0, description="recency above so many days is dormant where no own gap is known")
    churned_days: float = Field(default=365.0, gt=0, description="recency above so many days is churned")
