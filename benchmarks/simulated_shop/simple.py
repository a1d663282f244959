"""Simple policies without learning: nobody, everybody, newsletter, random, RFM rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from benchmarks.simulated_shop.desk import EVERY_RULE, Desk
from otokui.domain import DAY, Instant
from pipelines.simulation.rules import CONSENT_AND_QUIET
from pipelines.simulation.shop_facts import Tables
from simulator.sends import Sends


class Policy:
    """A policy of comparison. refuses: the rules that its send engine enforces."""

    name = "nobody"
    refuses = EVERY_RULE

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.seed, self.chance = desk, seed, np.random.default_rng((seed, len(self.name)))
        self._began: Instant | None = None

    def begin(self, past: Iterable[Tables], now: Instant) -> None:
        """Note the first night; the records are at the desk."""
        self._began = now

    def day(self, now: Instant, news: Tables) -> Sends:
        """Send nothing."""
        return Sends.none()

    def remarks(self) -> dict[str, Any]:
        """Nothing to say."""
        return {}

    def weekly(self, now: Instant) -> bool:
        """Say whether this night is the first of a week of the game."""
        assert self._began is not None
        return round((now - self._began) / DAY) % 7 == 0

    def nth(self, now: Instant) -> int:
        """Return the number of nights since the first."""
        assert self._began is not None
        return round((now - self._began) / DAY)


class Everybody(Policy):
    """Daily message to everybody whom consent and the hour permit.

    Caps, purchases and deliveries are ignored.
    """

    name = "everybody"
    refuses = CONSENT_AND_QUIET

    def day(self, now: Instant, news: Tables) -> Sends:
        """Send the day's message, all messages in turn."""
        who = np.arange(len(self.desk.facts), dtype=np.int64)
        broad = np.unique(self.desk.pairs[np.isin(self.desk.pairs[:, 1], [self.desk.channels.get("email", 0)]), 0])
        return self.desk.over_first_channel(now, who, np.full(len(who), broad[self.nth(now) % len(broad)]))


class Newsletter(Everybody):
    """The same message to everybody once a week, within all rules."""

    name = "newsletter"
    refuses = EVERY_RULE

    def day(self, now: Instant, news: Tables) -> Sends:
        """Send on the first night of the week."""
        if not self.weekly(now):
            return Sends.none()
        who = np.arange(len(self.desk.facts), dtype=np.int64)
        broad = np.unique(self.desk.pairs[:, 0])
        return self.desk.over_first_channel(now, who, np.full(len(who), broad[self.nth(now) // 7 % len(broad)]))


class AtRandom(Policy):
    """Random policy: a seventh of customers a day, any message, channel and hour.

    Channels and hours that are open.
    """

    name = "random"

    def day(self, now: Instant, news: Tables) -> Sends:
        """Draw."""
        return drawn(self.desk, now, self.chance, 1 / 7)


class RfmRule(Policy):
    """Weekly RFM rule: four segments, each with its message.

    One purchase; frequent and recent; frequent and away; long lost.
    """

    name = "rfm_rule"

    def day(self, now: Instant, news: Tables) -> Sends:
        """Send to each segment its message."""
        if not self.weekly(now):
            return Sends.none()
        traits, named = self.desk.traits(now), self.desk.messages
        recent, often = traits.recency_days, traits.purchases >= 2
        message = np.full(len(recent), -1, dtype=np.int64)
        message[often & (recent <= 30)] = named.get("loyal_thanks", -1)
        message[often & (recent > 30) & (recent <= 90)] = named.get("winback_at_risk", -1)
        message[(traits.purchases >= 1) & (recent > 90) & (recent <= 365)] = named.get("dormant_return", -1)
        message[(traits.purchases == 1) & (recent >= 7) & (recent <= 90)] = named.get("second_purchase", -1)
        who = np.flatnonzero(message >= 0)
        return self.desk.over_first_channel(now, who, message[who])


def drawn(desk: Desk, now: Instant, chance: np.random.Generator, share: float) -> Sends:
    """Return a random share of customers with a random permitted message and channel.

    Drawn evenly from what they consented to.
    """
    agreed = desk.consented(now)[:, desk.pairs[:, 1]]
    who = np.flatnonzero((chance.random(len(agreed)) < share) & agreed.any(axis=1))
    count = agreed[who].sum(axis=1)
    nth = (chance.random(len(who)) * count).astype(np.int64)
    pair = (np.cumsum(agreed[who], axis=1) > nth[:, None]).argmax(axis=1)
    message, channel = desk.pairs[pair, 0], desk.pairs[pair, 1]
    hour = np.array([chance.choice(desk.open_hours[c]) for c in channel], dtype=np.int64)
    return desk.sends(now, who, message, channel, hour=hour, chance=share / np.maximum(count, 1))
