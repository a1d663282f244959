"""Minimum data for training a label: customers, examples of an outcome, days of purchases.

With less, no trees are grown and the base model answers alone. The thresholds are ``[training] min_customers`` and ``min_positives``,
and ``training.data.time_splits.LEAST_DAYS``.
"""

from __future__ import annotations

import numpy as np

from otokui.domain import Label
from otokui.settings.training import Training
from otokui.wording.i18n import NP_
from training.data.dataset import Rows
from training.data.time_splits import LEAST_DAYS

TOO_SHORT = NP_("kept", "the purchases span {days} of the {needed} days needed")
TOO_FEW = NP_("kept", "there are records of {customers} of the {needed} customers needed to learn from and to judge on")
BOUGHT_AGAIN = NP_("kept", "{happened} of {examples} examples bought again, and {least} are the least")
TOO_FEW_OF = {
    Label.NEXT_PURCHASE: BOUGHT_AGAIN,
    Label.PURCHASE_COUNT: BOUGHT_AGAIN,
    Label.SPEND: BOUGHT_AGAIN,
    Label.CHURN: NP_("kept", "{happened} of {examples} examples left, and {least} of either kind are the least"),
    Label.FUTURE_LOYAL: NP_(
        "kept", "{happened} of {examples} examples satisfy the loyal rule when the window ends, and {least} of either kind are the least"
    ),
}
"""Shortage by label, present and needed, as the manifest stores it and the report prints it."""


def span_shortage(observed_days: float) -> str:
    """Return the sentence about purchases that span too few days."""
    return TOO_SHORT.format(days=f"{observed_days:.0f}", needed=LEAST_DAYS)


def shortage(label: Label, learn: Rows, held_out: Rows, settings: Training) -> str:
    """Return which data are too few for trees, present and needed; "" = enough."""
    customers, needed = len(np.unique(np.concatenate([learn.groups, held_out.groups]))), settings.min_customers
    if customers < needed or not len(learn) or not len(held_out):
        return TOO_FEW.format(customers=customers, needed=needed)
    happened = int((learn.target > 0.0).sum())
    either = label in (Label.CHURN, Label.FUTURE_LOYAL)
    least = settings.min_positives
    if (min(happened, len(learn) - happened) if either else happened) >= least:
        return ""
    return TOO_FEW_OF[label].format(happened=happened, examples=len(learn), least=least)
