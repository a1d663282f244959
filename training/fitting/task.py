"""Training task shared by all labels: cut-offs, purchases, definitions, base model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from otokui.domain import DAY, Instant, Label
from otokui.frames import Floats, Ints
from otokui.settings.definitions import Definitions
from otokui.settings.training import Training
from scoring.base_models.btyd import MbgNbd
from training.btyd.reactivation import learn_rhythm
from training.data import labels
from training.data.dataset import Dataset
from training.data.purchase_history import History


@dataclass(frozen=True, slots=True)
class Task:
    """One run's inputs. ``history`` holds only what was known before ``train_through``; timezone: the shop's, for its weekdays."""

    datasets: tuple[Dataset, ...]
    history: History
    settings: Training
    definitions: Definitions
    train_through: Instant
    reference_days: int
    churn_days: int
    fingerprint: str
    timezone: str = "UTC"
    rhythms: dict[Instant, MbgNbd] = field(default_factory=dict)

    @property
    def cutoffs(self) -> tuple[Instant, ...]:
        """The cut-offs, ascending."""
        return tuple(each.cutoff.at for each in self.datasets)

    @property
    def observed_days(self) -> float:
        """Days from the first purchase to the end of training."""
        return (self.train_through - int(self.history.purchased_at.min())) / DAY

    @property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return self.datasets[0].vectors.names

    def at(self, cutoffs: Sequence[Instant]) -> list[Dataset]:
        """Return the datasets of some cut-offs."""
        return [each for each in self.datasets if each.cutoff.at in cutoffs]

    def rhythm(self, known_before: Instant) -> MbgNbd:
        """Return the rhythm learnt from what was known before an instant; fitted once."""
        if known_before not in self.rhythms:
            then = self.history.known_before(known_before)
            self.rhythms[known_before] = learn_rhythm(then, known_before, seed=self.settings.seed)
        return self.rhythms[known_before]

    def horizon(self, label: Label) -> float:
        """Return how far ahead a label looks, days."""
        return float(
            {
                Label.CHURN: self.churn_days,
                Label.FUTURE_LOYAL: self.definitions.loyal_horizon_days,
            }.get(label, self.reference_days)
        )

    def target(self, label: Label, history: History, customers: Ints, cutoff: Instant | Ints) -> Floats:
        """Return the outcome of a label, shape (n,).

        For the next purchase, the count within the reference horizon.
        """
        days = self.horizon(label)
        if label is Label.FUTURE_LOYAL:
            return labels.future_loyal(history, customers, cutoff, days, self.definitions.loyal)
        return TARGETS[label](history, customers, cutoff, days)

    def order_value(self) -> tuple[float, float]:
        """Return money per purchase, and the purchases it counts for beside a customer's own."""
        return order_value_of(self.history)


def order_value_of(history: History) -> tuple[float, float]:
    """Return money per purchase and its prior weight in purchases (empirical Bayes).

    The weight counts beside a customer's own purchases.

    The weight is the variance of one customer's purchases over the variance between customers' means.
    """
    paid, who = history.paid, history.customer
    if not len(paid):
        return 1.0, 2.0
    count = np.bincount(who)
    total, square = np.bincount(who, weights=paid), np.bincount(who, weights=paid**2)
    several = count >= 2
    value = max(float(paid.mean()), 1e-6)
    if several.sum() < 20:
        return value, 2.0
    n, mean = count[several], total[several] / count[several]
    within = float((square[several] - n * mean**2).sum() / (n - 1).sum())
    between = max(float(mean.var()) - within * float((1.0 / n).mean()), 1e-9 * value**2)
    return value, float(np.clip(within / between, 0.5, 20.0))


TARGETS = {
    Label.NEXT_PURCHASE: labels.purchase_count,
    Label.PURCHASE_COUNT: labels.purchase_count,
    Label.SPEND: labels.spend,
    Label.CHURN: labels.churn,
}
