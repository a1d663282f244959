"""Training from purchases to models: the same twice, nothing from the future, and honest where data is short."""

from __future__ import annotations

import numpy as np
import optuna
import polars as pl
import pytest

from otokui.domain import DAY, Instant, Label
from otokui.frames import Batch
from otokui.settings.definitions import Definitions, LoyalRule
from scoring.canary import canary
from scoring.predict import predict
from tests.fakes import FakeTracker
from tests.unit.training import small_shop
from training.btyd.mbg_nbd import fit_rhythm
from training.fitting.fit import TrainedModel
from training.train import TrainingResult


@pytest.fixture(scope="module")
def result() -> TrainingResult:
    """All five labels of the small shop."""
    return small_shop.trained(small_shop.purchases())


def test_every_label_of_the_small_shop_gets_a_model_that_scores(result: TrainingResult) -> None:
    """400 customers and 300 days: five models, each past its canary and its gate, with plots and slices."""
    assert set(result.models) == set(Label)
    assert result.refused == {}
    for model in result.models.values():
        canary(small_shop.loaded(model.files))
        assert model.verdict.passed, model.verdict
        assert all(png.startswith(b"\x89PNG") for name, png in model.plots.items() if name.endswith(".png"))
        assert model.slices
        assert np.isfinite(list(model.metrics.values())).all()


def test_the_same_data_give_the_same_bytes(result: TrainingResult) -> None:
    """Manifest and text of a second run are equal to those of the first."""
    again = small_shop.trained(small_shop.purchases(), labels=(Label.NEXT_PURCHASE, Label.PURCHASE_COUNT))

    for label, model in again.models.items():
        assert model.files == result.models[label].files


def test_the_order_in_which_an_engine_added_up_changes_no_model(result: TrainingResult) -> None:
    """Sums that differ in their last bits, as those of two runs on several threads do, give the same bytes."""
    bought = small_shop.purchases()
    noise = 1.0 + 4e-16 * np.random.default_rng(5).integers(-2, 3, len(bought))

    again = small_shop.trained(bought.with_columns(pl.col("paid_amount") * noise), labels=(Label.FUTURE_LOYAL,))

    assert again.models[Label.FUTURE_LOYAL].files == result.models[Label.FUTURE_LOYAL].files


def test_what_became_known_after_the_end_changes_nothing(result: TrainingResult) -> None:
    """Purchases after the end, and one before it that was known only after, leave the models' bytes alone."""
    bought = small_shop.purchases()
    end = small_shop.START + 300 * DAY
    later = pl.DataFrame(
        [("c0001", end, 1e6, end), ("c0002", end - 5 * DAY, 1e6, end + DAY), ("new", end + DAY, 1.0, end + DAY)],
        schema=bought.schema,
        orient="row",
    )

    again = small_shop.trained(pl.concat([bought, later]), labels=(Label.CHURN,))

    assert again.models[Label.CHURN].files == result.models[Label.CHURN].files


def test_forecasts_hold_on_the_days_after_training() -> None:
    """Trained through day 240 of a larger shop: chance and mean over the next 30 days are within a quarter of what came."""
    bought = small_shop.purchases(customers=1_500, seed=3)
    models = small_shop.model_set(small_shop.trained(bought, 240, labels=(Label.NEXT_PURCHASE, Label.PURCHASE_COUNT)))
    now = Instant(small_shop.START + 240 * DAY)
    batch = small_shop.vectors(bought, now)
    out = predict(batch, models, as_of=now, horizons_days=(30,), definitions=Definitions())
    after = bought.filter(pl.col("purchased_at").is_between(now, now + 30 * DAY, closed="left"))
    count = dict(after.group_by("customer_id").len().iter_rows())
    came = np.array([count.get(c, 0) for c in batch.customer_ids], dtype=np.float64)

    assert 0.75 < out.p_purchase.mean() / (came > 0).mean() < 1.25
    assert 0.75 < out.expected_purchases.mean() / came.mean() < 1.25


@pytest.mark.parametrize(
    "rule",
    [
        LoyalRule(purchases_at_least=4),
        LoyalRule(purchases_at_least=None, spend_at_least=6_000.0, within_days=60),
        LoyalRule(match="all", purchases_at_least=2, tenure_days_at_least=120),
    ],
)
def test_any_definition_of_loyal_trains_without_a_change_of_code(rule: LoyalRule) -> None:
    """Three definitions, one of them trailing: each gives a model that knows its rule and ranks better than chance."""
    found = small_shop.trained(
        small_shop.purchases(), labels=(Label.FUTURE_LOYAL,), definitions=Definitions(loyal=rule, loyal_horizon_days=30)
    )
    model = found.models[Label.FUTURE_LOYAL]

    assert small_shop.loaded(model.files).manifest.loyal_rule == rule
    assert model.metrics["auc"] > 0.75


def test_six_months_and_few_customers_train_or_say_why_not() -> None:
    """150 customers, 180 days: the pooled models exist; a rule nobody satisfies is refused with its numbers."""
    found = small_shop.trained(
        small_shop.purchases(customers=150, days=180),
        180,
        definitions=Definitions(loyal=LoyalRule(purchases_at_least=500), loyal_horizon_days=30),
    )

    assert set(found.refused) == {Label.FUTURE_LOYAL}
    assert "0 of" in found.refused[Label.FUTURE_LOYAL]
    assert not small_shop.loaded(found.models[Label.FUTURE_LOYAL].files).manifest.speaks
    assert all(small_shop.loaded(found.models[label].files).manifest.speaks for label in set(Label) - {Label.FUTURE_LOYAL})


def test_the_rhythm_of_nobody_is_the_field() -> None:
    """One purchase in 127 days while active, where nothing else is known (`training.btyd.priors`)."""
    nobody = np.empty(0)

    found = fit_rhythm(nobody, nobody, nobody, seed=1)

    assert found.shape == pytest.approx((0.7, 1.5))
    assert [shape / scale * 127.0 for shape, scale in zip(found.shape, found.scale_days, strict=True)] == pytest.approx([0.4, 2.0])


def test_a_champion_is_compared_on_the_same_rows(result: TrainingResult) -> None:
    """The same model against itself is not worse: it passes, with an interval around nothing."""
    label = Label.PURCHASE_COUNT
    again = small_shop.trained(small_shop.purchases(), labels=(label,), champions={label: result.models[label].files})
    verdict = again.models[label].verdict

    assert np.isfinite([verdict.low, verdict.difference, verdict.high]).all()
    assert "against the champion" in verdict.reasons[0]


def test_features_that_only_tell_cutoffs_apart_are_not_used(result: TrainingResult) -> None:
    """`month` is the same for everybody at a cut-off; no tree may split on it."""
    for model in result.models.values():
        assert "month" not in model.gains


def test_tuning_is_resumed_from_its_storage(tmp_path: object) -> None:
    """Three trials, then three in all: none is run again."""
    storage = f"sqlite:///{tmp_path}/optuna.db"

    def tuned() -> TrainedModel:
        return small_shop.trained(small_shop.purchases(), labels=(Label.CHURN,), trials=3, storage=storage).models[Label.CHURN]

    first, second = tuned(), tuned()
    study = optuna.load_study(study_name=optuna.get_all_study_names(storage)[0], storage=storage)

    assert len(study.trials) == 3
    assert first.files == second.files


def test_a_tracker_is_left_what_runs_are_compared_by() -> None:
    """Parameters, figures at two held-out cut-offs (the step is the cut-off's index) and by slice, the data's digest, files."""
    tracker = FakeTracker()

    result = small_shop.trained(small_shop.purchases(), labels=(Label.CHURN,), tracker=tracker, backtests=1)

    model, [earlier] = result.models[Label.CHURN], result.earlier[Label.CHURN]
    said = tracker.said
    steps = sorted(int(name.split("@")[1]) for name in said if name.startswith("churn.auc@"))
    assert steps[1] - steps[0] == 1
    assert said[f"churn.auc@{steps[1]}"] == model.metrics["auc"]
    assert said[f"churn.auc@{steps[0]}"] == earlier.metrics["auc"]
    assert said[f"churn.auc.overdue@{steps[1]}"] == model.slices["overdue"]["auc"]
    assert said["churn.num_leaves"] == small_shop.loaded(model.files).manifest.params["num_leaves"]
    assert said["data.churn"] == small_shop.loaded(model.files).manifest.data_digest
    assert {"train_through", "backtests", "churn/manifest.json", "churn/model.txt", "churn/slices.json", "churn/cutoffs.json"} <= set(said)
    assert "churn/churn_reliability.png" in said


def test_prospects_are_learnt_beside_buyers() -> None:
    """Customers on record who never bought get forecasts of their own, not those of buyers."""
    bought = small_shop.purchases()
    blank = np.full((1, len(small_shop.NAMES)), np.nan)
    blank[0, small_shop.NAMES.index("purchase_count")] = 0.0
    models = small_shop.model_set(small_shop.trained(bought, labels=(Label.NEXT_PURCHASE,)))
    out = predict(
        Batch(np.array(["p"], dtype=object), small_shop.NAMES, blank),
        models,
        as_of=Instant(0),
        horizons_days=(30, 5_000),
        definitions=Definitions(),
    )

    assert out.known.tolist() == [True]
    assert 0.0 < out.p_purchase[0, 0] < out.p_purchase[0, 1] < 1.0
