"""A world small enough to be read: everybody buys at a rate of their own, and a contact may add a purchase that evening.

It stands in for ``simulator.world.World`` where a test is about the game and not about the shop. Chance hangs on
customer and day alone, as in the real one, so that a twin differs only by what contacts caused.
"""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
import polars as pl

from otokui.domain import DAY, HOUR, Instant
from simulator.sends import Day, Sends

START = Instant(1_735_657_200)
"""2025-01-01T00:00:00 in Tokyo."""

MARGIN, PRICE, ADDED = 300.0, 1_000.0, 0.3


class TinyWorld:
    """``customers`` customers c0, c1 … who agreed to e-mail; the first of them agreed to nothing."""

    def __init__(self, customers: int, channels: tuple[str, ...], messages: tuple[str, ...], seed: int = 0) -> None:
        self.customer_ids = np.array([f"c{i}" for i in range(customers)])
        self.channels, self.messages, self.seed, self.day = channels, messages, seed, 0
        self.rates = np.random.default_rng(seed).gamma(1.0, 0.03, customers)

    @property
    def now(self) -> Instant:
        """Midnight before the day about to be lived."""
        return Instant(START + self.day * DAY)

    def fork(self) -> Self:
        """Return a twin."""
        return copy.deepcopy(self)

    def live(self, sends: Sends) -> Day:
        """Let a day pass."""
        chance = np.random.default_rng((self.seed, self.day)).random((2, len(self.customer_ids)))
        contacted = np.zeros(len(self.customer_ids), dtype=bool)
        contacted[sends.customer] = True
        bought = (chance[0] < self.rates) | (contacted & (chance[1] < ADDED))
        at = self.now + 21 * HOUR
        tables = {"orders": self._orders(bought, at), "order_lines": self._lines(bought)}
        if self.day == 0:
            tables |= {"consents": self._consents(), "products": pl.DataFrame({"product_id": ["p"], "unit_cost": [PRICE - MARGIN]})}
        if len(sends):
            tables["contacts"] = self._contacts(sends)
        self.day += 1
        nothing = np.zeros(len(self.customer_ids), dtype=np.int64)
        counts = {"orders": int(bought.sum()), "contacts": len(sends)}
        return Day(self.day - 1, tables, bought * MARGIN, nothing, nothing.astype(bool), counts)

    def _ids(self, bought: np.ndarray[Any, Any]) -> list[str]:
        return [f"o{self.day}-{i}" for i in np.flatnonzero(bought)]

    def _orders(self, bought: np.ndarray[Any, Any], at: int) -> pl.DataFrame:
        rows = {"order_id": self._ids(bought), "customer_id": self.customer_ids[bought].tolist()}
        return pl.DataFrame(rows, schema={"order_id": pl.String, "customer_id": pl.String}).with_columns(
            ordered_at=moment(at), delivered_at=moment(at + HOUR), place=pl.lit("store")
        )

    def _lines(self, bought: np.ndarray[Any, Any]) -> pl.DataFrame:
        rows = pl.DataFrame({"order_id": self._ids(bought)}, schema={"order_id": pl.String})
        return rows.with_columns(product_id=pl.lit("p"), quantity=pl.lit(1), paid_amount=pl.lit(PRICE), list_amount=pl.lit(PRICE))

    def _consents(self) -> pl.DataFrame:
        agreed = pl.DataFrame({"customer_id": self.customer_ids[1:].tolist()})
        return agreed.with_columns(channel=pl.lit("email"), opted_in=pl.lit(value=True), changed_at=moment(int(START) - DAY))

    def _contacts(self, sends: Sends) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "contact_id": [f"k{self.day}-{i}" for i in range(len(sends))],
                "customer_id": self.customer_ids[sends.customer].tolist(),
                "message_id": [self.messages[m] for m in sends.message],
                "channel": [self.channels[c] for c in sends.channel],
                "sent_at": pl.from_epoch(pl.Series(sends.send_at), time_unit="s").dt.replace_time_zone("UTC"),
                "decision_id": [d or None for d in sends.decision_id],
                "action_probability": sends.action_probability,
                "group": list(sends.group),
            },
            schema_overrides={"decision_id": pl.String, "group": pl.String},
        )


def moment(at: int) -> pl.Expr:
    """Return an instant as a column."""
    return pl.from_epoch(pl.lit(at), time_unit="s").dt.replace_time_zone("UTC")
