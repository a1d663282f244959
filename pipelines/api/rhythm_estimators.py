"""Scikit-learn estimators of the next purchase and of churn, on a frame of purchases.

They are the pooled model that stands under the trees of a shop (`training.btyd`), alone: nothing but purchases is read, and nothing is
kept on disk. What a shop's other records say beyond that is learnt by ``Shop.train``.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Self

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from otokui.domain import DAY, Instant, parse_instant, show_instant
from otokui.errors import BadInput, NotEnoughData
from otokui.frames import Floats
from pipelines.api.purchase_frame import end_of, history_of
from scoring.base_models.btyd import BtydPrediction, btyd_from_counts
from training.btyd.mbg_nbd import sufficient
from training.btyd.reactivation import learn_rhythm
from training.data.labels import proposed_churn_days
from training.data.purchase_history import History


class RhythmEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Base model of both estimators: purchase rates, dropout, and the share that pauses."""

    timezone: str
    seed: int

    def _learn(self, transactions: Any, as_of: str | date | None) -> History:
        """Learn from what was bought before ``as_of``, and return it."""
        whole = history_of(transactions, self.timezone)
        self.as_of_ = end_of(whole) if as_of is None else parse_instant(as_of, self.timezone)
        known = whole.known_before(self.as_of_)
        end_of(known)
        self.history_ = whole
        self.rhythm_ = learn_rhythm(known, self.as_of_, seed=self.seed)
        return known

    def _predictions(self, transactions: Any, as_of: str | date | None) -> tuple[pl.Series, BtydPrediction]:
        """Return the customers who bought before ``as_of``, and what their rhythm says of each."""
        check_is_fitted(self, "rhythm_")
        history = self.history_ if transactions is None else history_of(transactions, self.timezone)
        at: Instant = self.as_of_ if as_of is None else parse_instant(as_of, self.timezone)
        if at < self.as_of_:
            raise BadInput(
                f"the model learnt from purchases up to {show_instant(self.as_of_, self.timezone)}, and is asked about "
                f"{show_instant(at, self.timezone)}, before that",
                fix="fit it with as_of not after the instant that is asked about",
            )
        known = history.known_before(at)
        buyers = known.buyers(at)
        return pl.Series("customer_id", known.customer_ids[buyers].tolist(), pl.String), btyd_from_counts(
            self.rhythm_, *sufficient(known, buyers, at)
        )


class NextPurchaseEstimator(RhythmEstimator):
    """Purchase probabilities by customer: MBG/NBD with mixed rates, dropouts and pauses.

    Batislam, Denizel and Filiztekin (International Journal of Research in Marketing 24, 2007), both heterogeneities widened to
    mixtures; penalised maximum likelihood, drawn to the field's figures where customers are few.

    Args:
        horizons_days: days ahead, each above 0.
        timezone: in which times without an offset are read.
        seed: of the draw of customers to learn from, where there are more than 8,000.

    Attributes after ``fit``: ``as_of_`` (UTC seconds), ``rhythm_`` (the population).

    >>> import polars as pl
    >>> bought = pl.DataFrame({"customer_id": ["ada", "ada", "ada", "bob"],
    ...                        "ordered_at": ["2025-01-01", "2025-01-15", "2025-02-01", "2024-06-01"]})
    >>> said = NextPurchaseEstimator(horizons_days=(30, 90)).fit(bought, as_of="2025-02-10").predict()
    >>> said.columns
    ['customer_id', 'p_purchase_30d', 'p_purchase_90d', 'expected_purchases_30d', 'expected_purchases_90d', 'p_active']
    >>> ada, bob = said["p_purchase_30d"]
    >>> ada > bob
    True
    """

    def __init__(self, horizons_days: tuple[int, ...] = (7, 14, 30, 60, 90), timezone: str = "UTC", seed: int = 0) -> None:
        self.horizons_days = horizons_days
        self.timezone = timezone
        self.seed = seed

    def fit(self, transactions: Any, y: None = None, *, as_of: str | date | None = None) -> Self:
        """Learn the population from purchases.

        transactions: a polars, pandas or pyarrow frame, one row a purchase: ``customer_id``, ``ordered_at``, perhaps
        ``paid_amount``. y: not used. as_of: only what was bought before; None = everything.

        Raises:
            BadRecords: a column is missing or a value cannot be read; says column and row.
            NotEnoughData: nothing was bought before ``as_of``.
        """
        _positive("horizons_days", self.horizons_days)
        self._learn(transactions, as_of)
        return self

    def predict(self, transactions: Any = None, *, as_of: str | date | None = None) -> pl.DataFrame:
        """Return one row per customer who bought before ``as_of``, in the order of their ids.

        transactions: purchases of these or other customers; None = those of ``fit``. as_of: None = that of ``fit``.

        Returns: ``customer_id``; ``p_purchase_{h}d``, the chance of at least one purchase within ``h`` days (1 minus it is the
        survival), growing with ``h``; ``expected_purchases_{h}d``, the mean number; ``p_active``, the chance of still buying at all.

        Raises:
            BadInput: ``as_of`` lies before that of ``fit``: the model has seen what came later.
        """
        customers, predictions = self._predictions(transactions, as_of)
        days = _days(self.horizons_days)
        chance, count = predictions.purchase_probability(days), predictions.expected_purchases(days)
        columns = {f"p_purchase_{h}d": chance[:, i] for i, h in enumerate(self.horizons_days)}
        columns |= {f"expected_purchases_{h}d": count[:, i] for i, h in enumerate(self.horizons_days)}
        return pl.DataFrame({"customer_id": customers, **columns, "p_active": predictions.alive_probability()})

    def predict_proba(self, transactions: Any = None, *, as_of: str | date | None = None) -> Floats:
        """Return the chances of a purchase within each horizon, (customers, horizons), rows as in ``predict``."""
        return self._predictions(transactions, as_of)[1].purchase_probability(_days(self.horizons_days))


class ChurnEstimator(RhythmEstimator):
    """Churn probability by customer: no purchase within ``churn_days``.

    The method is NextPurchaseEstimator's.

    Args:
        churn_days: no purchase within so many days is churn; None = proposed from the gaps between purchases (95% of them are
            shorter, from 14 to 180 days).
        timezone: in which times without an offset are read.
        seed: of the draw of customers to learn from, where there are more than 8,000.

    Attributes after ``fit``: ``churn_days_``, ``classes_`` (0 = buys, 1 = churns), ``as_of_`` (UTC seconds), ``rhythm_``.

    >>> import polars as pl
    >>> bought = pl.DataFrame({"customer_id": [1, 1, 1, 2],
    ...                        "ordered_at": ["2025-01-01", "2025-01-15", "2025-02-01", "2024-06-01"]})
    >>> said = ChurnEstimator(churn_days=60).fit(bought, as_of="2025-02-10").predict()
    >>> said["churn_probability"][1] > said["churn_probability"][0]
    True
    """

    def __init__(self, churn_days: int | None = None, timezone: str = "UTC", seed: int = 0) -> None:
        self.churn_days = churn_days
        self.timezone = timezone
        self.seed = seed

    def fit(self, transactions: Any, y: None = None, *, as_of: str | date | None = None) -> Self:
        """Learn the population from purchases; what is passed is what ``NextPurchaseEstimator.fit`` takes.

        Raises:
            BadRecords: a column is missing or a value cannot be read; says column and row.
            NotEnoughData: nothing was bought before ``as_of``, or too little to propose ``churn_days``.
        """
        if self.churn_days is not None:
            _positive("churn_days", (self.churn_days,))
        history = self._learn(transactions, as_of)
        self.churn_days_ = self._proposed(history) if self.churn_days is None else self.churn_days
        self.classes_ = np.array([0, 1])
        return self

    def predict(self, transactions: Any = None, *, as_of: str | date | None = None) -> pl.DataFrame:
        """Return ``customer_id``, ``churn_probability`` and ``churns``, one row per customer.

        churns: likelier than not. In the order of ids.

        transactions, as_of, errors: as those of ``NextPurchaseEstimator.predict``.
        """
        customers, predictions = self._predictions(transactions, as_of)
        leaving = self._leaving(predictions)
        return pl.DataFrame({"customer_id": customers, "churn_probability": leaving, "churns": leaving > 0.5})

    def predict_proba(self, transactions: Any = None, *, as_of: str | date | None = None) -> Floats:
        """Return the chances of buying and of churn, (customers, 2), rows as in ``predict``."""
        leaving = self._leaving(self._predictions(transactions, as_of)[1])
        return np.column_stack([1.0 - leaving, leaving])

    def _proposed(self, history: History) -> int:
        try:
            return proposed_churn_days(history, (self.as_of_ - int(history.purchased_at.min())) / DAY)
        except NotEnoughData as error:
            raise NotEnoughData(error.detail, fix="say it yourself: ChurnEstimator(churn_days=60), or pass more purchases") from None

    def _leaving(self, predictions: BtydPrediction) -> Floats:
        leaving: Floats = 1.0 - predictions.purchase_probability(_days((self.churn_days_,)))[:, 0]
        return leaving


def _days(days: tuple[int, ...]) -> Floats:
    return np.asarray(days, dtype=np.float64)


def _positive(name: str, days: tuple[int, ...]) -> None:
    if not days or min(days) <= 0:
        raise BadInput(f"{name} holds something that is no number of days above 0: {days}", fix="write days, such as 30 and 90")
