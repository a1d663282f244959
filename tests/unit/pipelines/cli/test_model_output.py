"""What `otokui train` says of each model."""

from __future__ import annotations

from dataclasses import replace

from otokui.domain import Instant, Label
from pipelines.cli.model_output import training_text
from pipelines.model_training.train import TrainReport
from tests.unit.training import small_shop

NOW = Instant(1_800_000_000)


def test_how_good_a_model_is_stands_there_in_words_and_in_figures() -> None:
    """A sentence for the shop, the metrics under their usual names for the data scientist."""
    result = small_shop.trained(small_shop.purchases(30, 21, seed=4), 20)
    churn = replace(result.models[Label.CHURN], metrics={"auc": 0.8254, "log_loss": 0.4515})
    result = replace(result, models={Label.CHURN: churn})

    text = training_text(TrainReport(NOW, (), result, {Label.CHURN: churn.verdict}, {Label.CHURN: 3}, {}, ""))

    assert (
        "churn (version 3, not promoted)\n"
        "   of two customers it ranks the right one higher 83 times in 100\n"
        "   auc 0.8254  log_loss 0.4515\n"
    ) in text
