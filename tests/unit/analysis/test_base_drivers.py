"""Omens of leaving and who shows them, loyal customers and who lacks what, from models of a small shop."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.base_drivers import ScoredBase, churn_drivers, loyalty_drivers
from otokui.domain import DAY, Instant, Label
from otokui.settings.definitions import Definitions, LoyalRule
from scoring.model_files.loader import ModelSet
from scoring.model_files.shap import contributions
from scoring.predict import predict
from tests.unit.training import small_shop

NOW = Instant(small_shop.START + 300 * DAY)
DEFINITIONS = Definitions(loyal=LoyalRule(purchases_at_least=4), churn_days=45, loyal_horizon_days=30)


@pytest.fixture(scope="module")
def models() -> ModelSet:
    """Models of loyalty and churn."""
    trained = small_shop.trained(small_shop.purchases(), labels=(Label.FUTURE_LOYAL, Label.CHURN), definitions=DEFINITIONS)
    return small_shop.model_set(trained)


@pytest.fixture(scope="module")
def base(models: ModelSet) -> ScoredBase:
    """Everybody of the small shop; the first three have never bought, of the fourth no chance of leaving is known."""
    vectors = small_shop.vectors(small_shop.purchases(), NOW)
    said = predict(vectors, models, as_of=NOW, horizons_days=(30,), definitions=DEFINITIONS)
    churn, bought = said.churn_probability.copy(), np.ones(len(vectors), dtype=np.bool_)
    bought[:3], churn[3] = False, np.nan
    return ScoredBase(vectors, vectors.column("purchase_count") >= 4, bought, said.future_loyal_probability, churn)


def test_everybody_who_bought_is_listed_once_the_likeliest_to_leave_first(models: ModelSet, base: ScoredBase) -> None:
    """Who has not bought, or of whom no chance is known, cannot leave."""
    found = churn_drivers(base, models.models[Label.CHURN])

    assert sorted(found.customer_ids) == sorted(base.vectors.customer_ids[4:])
    assert (np.diff(found.chance) <= 0.0).all()


def test_who_shows_an_omen_lies_on_its_side_of_the_threshold(models: ModelSet, base: ScoredBase) -> None:
    """One column an omen, in the order of the customers listed."""
    found = churn_drivers(base, models.models[Label.CHURN])
    names, values, _ = contributions(base.vectors, models.models[Label.CHURN])
    row_of = {customer: row for row, customer in enumerate(base.vectors.customer_ids)}
    listed = values[[row_of[customer] for customer in found.customer_ids]]

    assert found.shows.shape == (len(listed), len(found.factors))
    assert len(found.factors) > 0
    for k, factor in enumerate(found.factors):
        assert found.shows[:, k].tolist() == factor.has(listed[:, names.index(factor.feature)]).tolist()


def test_only_those_who_bought_and_are_not_loyal_yet_are_asked(models: ModelSet, base: ScoredBase) -> None:
    """The loyal need no asking, and of a prospect nothing is known to ask for."""
    asked = loyalty_drivers(base, models.models[Label.FUTURE_LOYAL]).lacking.rows

    assert len(asked) > 0
    assert not base.loyal[asked].any()
    assert base.bought[asked].all()
