"""Shadow prices of budget and channel capacity, as a file and as arrays.

The run that finds the prices and the service charge the same ones. If each found its own, a channel would be dear at night and free at
noon, and customers decided at noon would take the places reserved for customers to whom they are worth more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from decisions.wording.phrases import Number, Wording
from decisions.wording.reason_table import Reasons
from decisions.wording.titles import title_of
from otokui.domain import Instant
from otokui.errors import BadSettings
from otokui.frames import Floats, Ints
from otokui.settings.contacts.channels import Channel
from otokui.wording.i18n import N_

FILE_NAME = "prices.json"


@dataclass(frozen=True, slots=True)
class SharePrices:
    """Shadow prices of the budget (per money) and of capacity (per place).

    places: by channel and local date (2025-04-01); a channel or a date that is missing costs nothing. found_at: when the search ran.
    """

    found_at: Instant
    money: float = 0.0
    places: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the prices as JSON: the same prices, the same bytes."""
        places = {channel: dict(dates) for channel, dates in self.places.items()}
        return json.dumps({"found_at": int(self.found_at), "money": self.money, "places": places}, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> SharePrices:
        """Read shadow prices from the JSON of ``to_json``.

        Raises:
            BadSettings: the text is something else.
        """
        try:
            document = json.loads(text)
            places = {channel: {date: float(price) for date, price in dates.items()} for channel, dates in document["places"].items()}
            return cls(Instant(document["found_at"]), float(document["money"]), places)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadSettings(f"{FILE_NAME} cannot be read: {error}", fix="run `otokui decide` again, or remove the file") from None

    def digest(self) -> str:
        """Return a digest of the prices; ``found_at`` plays no part."""
        charged = json.dumps([self.money, {c: dict(d) for c, d in self.places.items()}], sort_keys=True)
        return hashlib.blake2b(charged.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class ShadowPrices:
    """Shadow prices as arrays: of money, and of places, (D, C).

    Places are by local day and channel.
    """

    money: float
    days: Ints  # (D,) days since 1970, ascending
    places: Floats

    @classmethod
    def of(cls, prices: SharePrices, channels: Sequence[str]) -> ShadowPrices:
        """Lay prices out over the channels.

        Prices of channels that are no longer configured are passed over.
        """
        dates = sorted({date for of_channel in prices.places.values() for date in of_channel})
        places = np.array([[prices.places.get(c, {}).get(date, 0.0) for c in channels] for date in dates]).reshape(-1, len(channels))
        days = np.array([int(np.datetime64(date, "D").astype(np.int64)) for date in dates], dtype=np.int64)
        return cls(prices.money, days, places)


MONEY = "short:budget"


def with_shortage_reasons(reasons: Reasons, channels: Sequence[Channel], currency: str) -> Reasons:
    """Add the reasons about shadow prices: one per channel, one for the budget.

    Each shows the price as its number.
    """
    price = (Number("price", "", ",.1f"),)
    wordings = {
        f"short:{c.name}": Wording(
            N_("{channel} is short: a place costs {price} {currency}"),
            price,
            N_("{channel} is short"),
            {"channel": title_of(c.title, c.title_ja), "currency": currency},
        )
        for c in channels
    }
    wordings[MONEY] = Wording(
        N_("The budget is short: each 1 {currency} spent has to bring {more} more"),
        (Number("more", "", ",.2f"),),
        N_("The budget is short"),
        {"currency": currency},
    )
    nowhere = np.full((len(wordings), 2), -1, dtype=np.int64)
    return replace(
        reasons,
        codes=(*reasons.codes, *wordings),
        wordings=(*reasons.wordings, *wordings.values()),
        number=np.vstack([reasons.number, nowhere]),
    )
