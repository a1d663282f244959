"""The reasons that say what is short: a place of a channel, or the budget, each with its shadow price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from decisions.words.reasons import Reasons
from decisions.words.titles import title_of
from decisions.words.wording import Number, Wording
from otokui.i18n import N_
from otokui.offers import Channel

MONEY = "short:budget"


def with_short(reasons: Reasons, channels: Sequence[Channel], currency: str) -> Reasons:
    """Return the reasons with those that say what is short, each with the price as its number."""
    price = (Number("price", "", ",.1f"),)
    said = {
        f"short:{c.name}": Wording(
            N_("{channel} is short: a place costs {price} {currency}"),
            price,
            N_("{channel} is short"),
            {"channel": title_of(c.title, c.title_ja), "currency": currency},
        )
        for c in channels
    }
    said[MONEY] = Wording(
        N_("The budget is short: each 1 {currency} spent has to bring {more} more"),
        (Number("more", "", ",.2f"),),
        N_("The budget is short"),
        {"currency": currency},
    )
    nowhere = np.full((len(said), 2), -1, dtype=np.int64)
    return replace(
        reasons,
        codes=(*reasons.codes, *said),
        wordings=(*reasons.wordings, *said.values()),
        number=np.vstack([reasons.number, nowhere]),
    )
