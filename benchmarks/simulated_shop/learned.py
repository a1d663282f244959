"""Policies that learn from the shop's own records: churn scores, plain propensity, and two-model uplift.

Compact, and as a capable analyst would build them: gradient boosting on recency, frequency, money, rhythm and recent
contacts, retrained every week on all that is known by then. Each sees only what is at the desk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor

from benchmarks.simulated_shop.desk import Desk, Floats, Ints, Traits
from benchmarks.simulated_shop.simple import Policy, drawn
from otokui.domain import DAY, Instant
from pipelines.simulation.shop_facts import Tables
from simulator.sends import Sends

_BOOSTING = {"n_estimators": 80, "num_leaves": 15, "learning_rate": 0.08, "min_child_samples": 40, "verbose": -1, "n_jobs": 1}
_WEEKS = 26
TARGET_SHARE = 0.2
CHURN_DAYS, PROPENSITY_DAYS, UPLIFT_DAYS = 60, 14, 14
EXPLORE_NIGHTS, EXPLORE_SHARE = 28, 0.1


def _past_weeks(desk: Desk, now: Instant, outcome_days: int) -> list[Instant]:
    """Return the weekly cut-offs, newest first, whose outcome is known by now and before which something was bought."""
    first = desk.facts.orders["ordered_at"].min()
    if first is None:
        return []
    newest = int(now) - outcome_days * DAY
    return [Instant(at) for at in range(newest, int(first) + 28 * DAY, -7 * DAY)][:_WEEKS]  # type: ignore[call-overload]  # polars types a minimum as any literal


class _Scored(Policy):
    """Weekly message to the top fifth by a score, among last year's buyers."""

    days = PROPENSITY_DAYS

    def day(self, now: Instant, news: Tables) -> Sends:
        """Score everybody and send to the highest."""
        if not self.weekly(now):
            return Sends.none()
        traits = self.desk.traits(now)
        score = self._score(now, traits)
        if score is None:
            return Sends.none()
        who = np.flatnonzero((traits.purchases > 0) & (traits.recency_days <= 365))
        sends = self.desk.over_first_channel(now, who, self._message(traits, who))
        sends = sends.take(self.desk.allowed(sends, now))
        highest = np.argsort(-score[sends.customer], kind="stable")[: round(TARGET_SHARE * len(who))]
        return sends.take(np.sort(highest))

    def _score(self, now: Instant, traits: Traits) -> Floats | None:
        weeks = _past_weeks(self.desk, now, self.days)
        rows, labels = [], []
        for at in weeks:
            then = self.desk.traits(at)
            there = (then.purchases > 0) & (then.recency_days <= 365)
            rows.append(then.matrix()[there])
            labels.append(self._label(self.desk.earned(at, self.days)[1])[there])
        if not rows or len(np.unique(np.concatenate(labels))) < 2:
            return None
        model = LGBMClassifier(**_BOOSTING, random_state=1).fit(np.vstack(rows), np.concatenate(labels))
        return np.asarray(model.predict_proba(traits.matrix()))[:, 1]

    def _label(self, bought: Any) -> Any:
        return bought

    def _message(self, traits: Traits, who: Ints) -> Ints:
        again = self.desk.messages["replenish_due"]
        return np.where(traits.purchases[who] == 1, self.desk.messages["second_purchase"], again)


class ChurnScore(_Scored):
    """Wins back the fifth that is most likely not to buy for two months."""

    name, days = "churn_score", CHURN_DAYS

    def _label(self, bought: Any) -> Any:
        return ~bought

    def _message(self, traits: Traits, who: Ints) -> Ints:
        return np.full(len(who), self.desk.messages["winback_at_risk"])


class Propensity(_Scored):
    """Reminds the fifth that is most likely to buy within two weeks, contacted or not."""

    name = "propensity"


class TwoModel(Policy):
    """T-learner policy: uplift as difference of two margin models, the best pair weekly.

    Only where it pays.

    Four weeks of chance come first, unless the shop has logs; a tenth is left to chance afterwards, to go on learning.
    """

    name = "two_model"

    def day(self, now: Instant, news: Tables) -> Sends:
        """Explore at first; then contact whom it pays to contact."""
        logged = self.desk.made()
        young = self.nth(now) < EXPLORE_NIGHTS and (logged.is_empty() or int(logged["sent_at"].min()) > now - 90 * DAY)  # type: ignore[arg-type]  # polars types a minimum as any literal
        if young:
            return drawn(self.desk, now, self.chance, 1 / 14)
        chance = drawn(self.desk, now, self.chance, EXPLORE_SHARE / 7)
        if not self.weekly(now):
            return chance
        value = self._models(now)
        if value is None:
            return chance
        return chance.plus(self._best(now, value))

    def _best(self, now: Instant, value: Callable[[Floats, Ints], Floats]) -> Sends:
        agreed = self.desk.consented(now)[:, self.desk.pairs[:, 1]]
        who, pair = np.nonzero(agreed)
        sends = self.desk.sends(now, who, self.desk.pairs[pair, 0], self.desk.pairs[pair, 1])
        allowed = self.desk.allowed(sends, now)
        sends, who, pair = sends.take(allowed), who[allowed], pair[allowed]
        if not len(who):
            return Sends.none()
        worth = value(self.desk.traits(now).matrix()[who], pair)
        order = np.lexsort((-worth, who))
        first = order[np.unique(who[order], return_index=True)[1]]
        return sends.take(first[worth[first] > 0.0])

    def _models(self, now: Instant) -> Callable[[Floats, Ints], Floats] | None:
        """Return a function of traits (k, F) and pairs (k,) that gives the money a contact adds, costs taken off."""
        place = {(int(m), int(c)): i for i, (m, c) in enumerate(self.desk.pairs)}
        by_name = self.desk.messages
        treated, control = ([], []), ([], [])
        contacts = self.desk.made()
        for at in _past_weeks(self.desk, now, UPLIFT_DAYS + 7):
            traits = self.desk.traits(at).matrix()
            week = contacts.filter((contacts["sent_at"] >= at) & (contacts["sent_at"] < at + 7 * DAY)) if len(contacts) else contacts
            quiet = np.ones(len(traits), dtype=bool)
            if len(week):
                rows = week["row"].to_numpy()
                quiet[rows] = False
                pairs = np.array([place.get((by_name.get(m, -1), c), -1) for m, c in zip(week["message_id"], week["column"], strict=True)])
                earned = self.desk.earned(at, UPLIFT_DAYS + 7)[0]
                known = pairs >= 0
                treated[0].append(np.column_stack([traits[rows[known]], self._about(pairs[known])]))
                treated[1].append(earned[rows[known]])
            control[0].append(traits[quiet])
            control[1].append(self.desk.earned(at, UPLIFT_DAYS + 7)[0][quiet])
        if sum(map(len, treated[1])) < 200:
            return None
        with_contact = LGBMRegressor(**_BOOSTING, random_state=1).fit(np.vstack(treated[0]), np.concatenate(treated[1]))
        without = LGBMRegressor(**_BOOSTING, random_state=1).fit(np.vstack(control[0]), np.concatenate(control[1]))
        costs = np.array([self.desk.settings.channels[c].cost for _, c in self.desk.pairs])

        def value(traits: Floats, pair: Ints) -> Floats:
            added = np.asarray(with_contact.predict(np.column_stack([traits, self._about(pair)]))) - np.asarray(without.predict(traits))
            return added - costs[pair]

        return value

    def _about(self, pair: Ints) -> Floats:
        """Return message and channel as one column each of zeros and ones, (k, M + C)."""
        m, c = self.desk.pairs[pair, 0], self.desk.pairs[pair, 1]
        return np.column_stack([np.eye(len(self.desk.messages))[m], np.eye(len(self.desk.channels))[c]])
