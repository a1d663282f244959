"""Timing and churn as estimators: chances that hang together, nothing learnt from what came later, scikit-learn's manners."""

from __future__ import annotations

import doctest
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from otokui.domain import parse_instant
from otokui.errors import BadInput, NotEnoughData
from pipelines.api import rhythm_estimators
from pipelines.api.rhythm_estimators import ChurnEstimator, NextPurchaseEstimator
from tests.unit.pipelines.api.estimators import bare_manners

CHANCE = np.random.default_rng(3)


def drawn(customers: int = 200, days: int = 400) -> pl.DataFrame:
    """Customers with a rate of their own, none of whom leaves."""
    rows = []
    for number, gap in enumerate(CHANCE.uniform(15.0, 90.0, customers)):
        at = CHANCE.uniform(0.0, gap)
        while at < days:
            rows.append((f"c-{number:03}", datetime(2024, 1, 1) + timedelta(days=at)))
            at += CHANCE.exponential(gap)
    return pl.DataFrame(rows, schema=["customer_id", "ordered_at"], orient="row")


BOUGHT = drawn()


@pytest.fixture(scope="module")
def timing() -> NextPurchaseEstimator:
    return NextPurchaseEstimator(horizons_days=(30, 60)).fit(BOUGHT, as_of="2024-12-01")


class TestNextPurchase:
    def test_the_examples_run(self) -> None:
        """What the docstrings show is what comes out."""
        found = doctest.testmod(rhythm_estimators)
        assert (found.failed, found.attempted > 6) == (0, True)

    def test_chances_hang_together(self, timing: NextPurchaseEstimator) -> None:
        """One row a customer, chances in [0, 1], growing with the horizon, never above the mean number; the array is the frame's."""
        said = timing.predict()
        near, far = (said[f"p_purchase_{h}d"].to_numpy() for h in (30, 60))
        assert said["customer_id"].to_list() == sorted(set(BOUGHT.filter(pl.col("ordered_at") < datetime(2024, 12, 1))["customer_id"]))
        assert ((near >= 0.0) & (near <= far) & (far <= 1.0)).all()
        assert (said["expected_purchases_60d"].to_numpy() >= far - 1e-12).all()
        assert np.array_equal(timing.predict_proba(), np.column_stack([near, far]))

    def test_as_many_come_as_were_foretold(self, timing: NextPurchaseEstimator) -> None:
        """Of what was held back: the mean chance is near the share that bought."""
        begins, ends = datetime(2024, 12, 1), datetime(2024, 12, 31)
        came = set(BOUGHT.filter(pl.col("ordered_at").is_between(begins, ends))["customer_id"])
        said = timing.predict()
        share = said["customer_id"].is_in(sorted(came)).mean()
        assert share == pytest.approx(said["p_purchase_30d"].mean(), abs=0.08)

    def test_what_came_later_is_not_looked_at(self, timing: NextPurchaseEstimator) -> None:
        """Fitted on the purchases before the instant alone, it says the same."""
        before = BOUGHT.filter(pl.col("ordered_at") < datetime(2024, 12, 1))
        alone = NextPurchaseEstimator(horizons_days=(30, 60)).fit(before, as_of="2024-12-01")
        assert alone.predict().equals(timing.predict())

    def test_an_instant_before_what_it_learnt_is_refused(self, timing: NextPurchaseEstimator) -> None:
        """Such a prediction would know the future."""
        with pytest.raises(BadInput, match="before that"):
            timing.predict(BOUGHT, as_of="2024-11-30")

    def test_later_on_what_came_since_counts(self, timing: NextPurchaseEstimator) -> None:
        """The frame of the fit goes beyond its instant; whoever bought since is not taken for silent."""
        later = timing.predict(as_of="2025-01-01")
        assert later.equals(timing.predict(BOUGHT, as_of="2025-01-01"))
        before = BOUGHT.filter(pl.col("ordered_at") < datetime(2024, 12, 1))
        assert later["p_active"].mean() > timing.predict(before, as_of="2025-01-01")["p_active"].mean() + 0.01

    def test_nothing_before_the_instant_is_too_little(self) -> None:
        """And a horizon of no days is no horizon."""
        with pytest.raises(NotEnoughData, match="no purchase"):
            NextPurchaseEstimator().fit(BOUGHT, as_of="2020-01-01")
        with pytest.raises(BadInput, match="horizons_days"):
            NextPurchaseEstimator(horizons_days=(0, 30)).fit(BOUGHT)

    def test_it_has_the_manners_of_scikit_learn(self, timing: NextPurchaseEstimator) -> None:
        """Parameters are read, set and cloned; before a fit nothing is said."""
        bare_manners(NextPurchaseEstimator())
        assert clone(timing).get_params() == {"horizons_days": (30, 60), "timezone": "UTC", "seed": 0}
        with pytest.raises(NotFittedError):
            clone(timing).predict()


class TestChurn:
    def test_it_is_the_other_side_of_the_next_purchase(self, timing: NextPurchaseEstimator) -> None:
        """No purchase within sixty days: one minus the chance of one."""
        churn = ChurnEstimator(churn_days=60).fit(BOUGHT, as_of="2024-12-01")
        assert churn.predict_proba()[:, 1] == pytest.approx(1.0 - timing.predict_proba()[:, 1])
        said = churn.predict()
        assert said.columns == ["customer_id", "churn_probability", "churns"]
        assert (said["churns"] == (said["churn_probability"] > 0.5)).all()

    def test_the_days_are_proposed_from_the_gaps(self) -> None:
        """Where nobody says them; of two purchases they cannot be."""
        assert 60 < ChurnEstimator().fit(BOUGHT).churn_days_ <= 133
        with pytest.raises(NotEnoughData, match="20 are needed") as raised:
            ChurnEstimator().fit(BOUGHT.head(2))
        assert "ChurnEstimator(churn_days=60)" in raised.value.fix

    def test_it_has_the_manners_of_scikit_learn(self) -> None:
        """And says until when it looked."""
        bare_manners(ChurnEstimator())
        assert ChurnEstimator(churn_days=30).fit(BOUGHT, as_of="2024-12-01").as_of_ == parse_instant("2024-12-01")
