"""The reasons that say what is short: a place of a channel, or the budget, each with its shadow price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from decisions.words.reasons import Reasons
from decisions.words.wording import Wording
from otokui.offers import Channel

MONEY = "short:budget"


def with_short(reasons: Reasons, channels: Sequence[Channel], currency: str) -> Reasons:
    """Return the reasons with those that say what is short, each with the price as its number."""
    said = {
        f"short:{c.name}": Wording(
            f"{c.title} is short: a place costs {{a:,.1f}} {currency}",
            f"{c.title_ja}の配信枠が不足しており、1枠の価格は{{a:,.1f}} {currency}です",
            ("",),
            f"{c.title} is short",
            f"{c.title_ja}の配信枠が不足しています",
        )
        for c in channels
    }
    said[MONEY] = Wording(
        f"The budget is short: each 1 {currency} spent has to bring {{a:,.2f}} more",
        f"予算が不足しており、1 {currency}の支出ごとにさらに{{a:,.2f}}の効果が必要です",
        ("",),
        "The budget is short",
        "予算が不足しています",
    )
    nowhere = np.full((len(said), 2), -1, dtype=np.int64)
    return replace(
        reasons,
        codes=(*reasons.codes, *said),
        wordings=(*reasons.wordings, *said.values()),
        number=np.vstack([reasons.number, nowhere]),
    )
