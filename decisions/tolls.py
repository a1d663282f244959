"""The prices of what is short, as a policy holds them, and how it says so: arrays over channels and days, and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from decisions.share_prices import SharePrices
from decisions.words.reasons import Reasons
from decisions.words.titles import title_of
from decisions.words.wording import Number, Wording
from otokui.frames import Floats, Ints
from otokui.i18n import N_
from otokui.offers import Channel

MONEY = "short:budget"


@dataclass(frozen=True, slots=True)
class Tolls:
    """Prices as arrays: of money, and of places by local day, (D, C)."""

    money: float
    days: Ints  # (D,) days since 1970, ascending
    places: Floats
    code: Ints  # (C,) the reason that says a channel is short
    money_code: int

    @classmethod
    def of(cls, prices: SharePrices, channels: Sequence[str], reasons: Reasons) -> Tolls:
        """Lay prices out over the channels; those of channels that are no longer there are passed over."""
        dates = sorted({date for of_channel in prices.places.values() for date in of_channel})
        places = np.array([[prices.places.get(c, {}).get(date, 0.0) for c in channels] for date in dates]).reshape(-1, len(channels))
        days = np.array([int(np.datetime64(date, "D").astype(np.int64)) for date in dates], dtype=np.int64)
        code = np.array([reasons.code(f"short:{c}") for c in channels], dtype=np.int64)
        return cls(prices.money, days, places, code, reasons.code(MONEY))


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
