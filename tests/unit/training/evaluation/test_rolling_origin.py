"""Figures at one cut-off after another: each as if made then, and honest about what a model had seen."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from otokui.domain import DAY, Label
from otokui.errors import NotEnoughData
from tests.unit.training import small_shop
from training.evaluation.rolling_origin import at_cutoffs, rolling_origins


@pytest.mark.parametrize("label", [Label.CHURN, Label.NEXT_PURCHASE, Label.SPEND])
def test_an_earlier_origin_sees_nothing_of_what_came_after_its_window(label: Label) -> None:
    """Two origins; with every purchase after the first one's window gone, its figures are the same."""
    bought = small_shop.purchases()
    task = small_shop.task(bought)
    first, second = rolling_origins(task, label, None, 2)
    window = int(task.horizon(label) * DAY)
    end = first.cutoff + window
    truncated = small_shop.task(bought.filter(pl.col("known_at") < end + 3 * DAY))

    again = rolling_origins(truncated, label, None, 2)[0]

    assert first.cutoff < second.cutoff
    assert second.cutoff + window < task.train_through
    assert first.rows > 100
    assert not first.seen
    assert again.metrics == first.metrics


def test_a_history_too_short_for_earlier_origins_gives_none() -> None:
    """Nothing is made up: where no earlier window has ended, no figures come back."""
    task = small_shop.task(small_shop.purchases(days=90), 90)

    assert rolling_origins(task, Label.CHURN, None, 3) == []


def test_models_are_judged_where_they_had_seen_and_where_not() -> None:
    """A model of day 210 had seen the records after the early cut-offs, and not those after the late ones."""
    bought = small_shop.purchases()
    old = small_shop.trained(bought, 210, labels=(Label.CHURN,)).models[Label.CHURN]
    new = small_shop.trained(bought, labels=(Label.CHURN,)).models[Label.CHURN]
    task = small_shop.task(bought)

    found = at_cutoffs(task, Label.CHURN, {"champion": old.files, "challenger": new.files})

    through = small_shop.START + 210 * DAY
    assert [each.seen for each in found["champion"]] == [each.cutoff < through for each in found["champion"]]
    assert [each.seen for each in found["champion"]][-1] is False
    assert all(each.seen for each in found["challenger"])
    assert [each.cutoff for each in found["champion"]] == [each.cutoff for each in found["challenger"]]
    assert np.isfinite([each.metrics["auc"] for each in found["champion"]]).all()
    assert "overdue" in found["champion"][-1].slices


def test_a_model_of_another_question_is_left_out() -> None:
    """Churn within 30 days is not churn within 45: its figures would mean nothing here."""
    bought = small_shop.purchases()
    other = small_shop.trained(bought, labels=(Label.CHURN,), definitions=small_shop.Definitions(churn_days=30))

    found = at_cutoffs(small_shop.task(bought), Label.CHURN, {"champion": other.models[Label.CHURN].files})

    assert found == {}


def test_what_was_not_learnt_is_not_judged() -> None:
    """The reason is the same as in training."""
    with pytest.raises(NotEnoughData, match="60 of the 100 customers needed"):
        at_cutoffs(small_shop.task(small_shop.purchases(customers=60)), Label.FUTURE_LOYAL, {})
