"""Shops below every floor: a model for every label, through the same road, that says what it rests on."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

from otokui.domain import DAY, Instant, Label
from otokui.frames import Predictions
from otokui.settings.definitions import Definitions
from scoring.canary import canary
from scoring.model_files.loader import ModelSet
from scoring.predict import predict
from tests.unit.training import small_shop
from training.train import TrainingResult


def quietly(bought: pl.DataFrame, days: int) -> TrainingResult:
    """Train with every warning an error, as the owner of a shop would read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return small_shop.trained(bought, days)


def told(result: TrainingResult, bought: pl.DataFrame, days: int) -> Predictions:
    """What the models that speak say of everybody at the end."""
    loaded = {label: small_shop.loaded(model.files) for label, model in result.models.items()}
    speaking = ModelSet(
        {label: model for label, model in loaded.items() if model.manifest.speaks},
        {label: model.manifest.not_enough for label, model in loaded.items() if not model.manifest.speaks},
    )
    now = Instant(small_shop.START + days * DAY)
    return predict(small_shop.vectors(bought, now), speaking, as_of=now, horizons_days=(7, 30, 90), definitions=Definitions())


@pytest.mark.parametrize(("customers", "days"), [(1, 300), (5, 300), (30, 300), (99, 300), (60, 60), (30, 20), (2, 1), (400, 30)])
def test_every_label_is_answered_and_every_chance_is_one(customers: int, days: int) -> None:
    """From one customer on, from one day on: five models past their canary, live, and predictions that are finite."""
    bought = small_shop.purchases(customers, days)

    found = quietly(bought, days)

    assert set(found.models) == set(Label)
    assert all(model.verdict.passed and model.not_enough for model in found.models.values())
    for model in found.models.values():
        canary(small_shop.loaded(model.files))
    said = told(found, bought, days)
    assert ((said.p_purchase > 0.0) & (said.p_purchase < 1.0)).all()
    assert (np.diff(said.p_purchase, axis=1) > 0.0).all()
    assert ((said.churn_probability > 0.0) & (said.churn_probability < 1.0)).all()
    assert np.isfinite(said.expected_spend).all()
    assert (said.days_to_next_p90 >= said.days_to_next_p10).all()
    assert np.isnan(said.future_loyal_probability).all()
    assert said.missing["future_loyal"].startswith("not enough data for future loyalty, because ")


def test_one_time_buyers_are_not_promised_back() -> None:
    """Thirty customers, each of whom bought once at the beginning: after 200 days of silence, hardly a chance in a month."""
    ids = [f"c{number:04d}" for number in range(30)]
    at = [small_shop.START + number * DAY for number in range(30)]
    bought = pl.DataFrame({"customer_id": ids, "purchased_at": at, "paid_amount": [10.0] * 30, "known_at": at})

    said = told(quietly(bought, 230), bought, 230)

    assert (said.p_purchase[:, 1] < 0.05).all()
    assert (said.p_purchase[:, 1] > 0.0).all()


def test_a_shop_that_only_sold_once_to_each_of_its_many_customers_trains() -> None:
    """Three hundred one-time buyers: nobody ever came back, every label has one outcome alone, and nothing is grown on that."""
    ids = [f"c{number:04d}" for number in range(300)]
    at = [small_shop.START + number % 100 * DAY for number in range(300)]
    bought = pl.DataFrame({"customer_id": ids, "purchased_at": at, "paid_amount": [10.0] * 300, "known_at": at})

    found = quietly(bought, 200)

    assert set(found.models) == set(Label)
    assert "0 of" in found.models[Label.NEXT_PURCHASE].not_enough
    assert (told(found, bought, 200).p_purchase[:, 2] < 0.1).all()


def test_who_came_back_is_told_from_who_did_not_within_weeks() -> None:
    """Twenty days of a shop: its three regulars are likelier than the rest, and the interval of everybody is wide."""
    rows = [(f"c{number:04d}", number * DAY // 2) for number in range(27)]
    rows += [(f"c{number:04d}", day * DAY + DAY // 4) for number in (27, 28, 29) for day in range(0, 20, 3)]
    at = [small_shop.START + second for _, second in rows]
    bought = pl.DataFrame({"customer_id": [c for c, _ in rows], "purchased_at": at, "paid_amount": [10.0] * len(at), "known_at": at})

    said = told(quietly(bought, 20), bought, 20)

    assert said.p_purchase[27:, 0].min() > 2.0 * said.p_purchase[:27, 0].max()
    assert (said.days_to_next_p90[:27] > 5.0 * said.days_to_next_p10[:27]).all()


def test_the_reason_names_what_was_there_and_what_is_needed() -> None:
    """Sixty of a hundred customers; 21 of 56 days; a window that is longer than anybody was followed."""
    few = quietly(small_shop.purchases(60, 300), 300)
    short = quietly(small_shop.purchases(200, 21), 21)
    young = quietly(small_shop.purchases(200, 60), 60)

    assert few.models[Label.CHURN].not_enough == (
        "there are records of 60 of the 100 customers needed to learn from and to judge on; the customers' own rhythm speaks, without trees"
    )
    assert short.models[Label.SPEND].not_enough.startswith("the purchases span 21 of the 56 days needed; ")
    assert "it looks 45 days ahead, and the longest any cut-off was followed is 28 days" in young.models[Label.CHURN].not_enough


def test_what_was_judged_stays_and_what_was_not_gives_way() -> None:
    """A shop that brings twenty days keeps the model of 300 that is live; one that nothing judged is followed by the next."""
    label, short = Label.NEXT_PURCHASE, small_shop.purchases(30, 20)
    learnt = quietly(small_shop.purchases(60, 300), 300).models[label]
    opened = quietly(short, 20).models[label]

    beside_learnt = small_shop.trained(short, 20, labels=(label,), champions={label: learnt.files}).models[label]
    beside_opened = small_shop.trained(short, 20, labels=(label,), champions={label: opened.files}).models[label]

    assert not beside_learnt.verdict.passed
    assert beside_opened.verdict.passed


def test_a_model_that_only_says_why_is_no_opponent() -> None:
    """As soon as future loyalty can be learnt, it is: there is nothing to be better than."""
    mute = small_shop.trained(small_shop.purchases(60), labels=(Label.FUTURE_LOYAL,)).models[Label.FUTURE_LOYAL]

    found = small_shop.trained(small_shop.purchases(), labels=(Label.FUTURE_LOYAL,), champions={Label.FUTURE_LOYAL: mute.files})

    assert found.models[Label.FUTURE_LOYAL].verdict.reasons == ("no champion yet; finite and calibrated on the held-out rows",)
