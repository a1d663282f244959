"""What `otokui train` says of who answers contacts."""

from __future__ import annotations

from dataclasses import replace

from otokui.domain import Instant
from pipelines.answers import in_shops_words
from pipelines.telling import training_text, training_told
from pipelines.train import TrainReport
from training.train import TrainingResult

REPORT = TrainReport(Instant(0), (), TrainingResult({}, {}, churn_days=30, reference_days=30), {}, {}, {}, "")


def test_how_well_and_from_what() -> None:
    """Beside the figure that counts alone reach; programs get the same."""
    report = replace(
        REPORT, answers={"contacts": 5918.0, "auc": 0.78871, "auc_by_counts": 0.725}, answered_by=("recency_days", "discount_share")
    )

    told = training_text(report)

    assert "answers   contacts 5918  auc 0.7887  auc_by_counts 0.725\n" in told
    assert "   foretold by: days since the last purchase, share of money that went on discounted lines" in told
    assert training_told(report)["answered_by"] == ["recency_days", "discount_share"]


def test_why_there_is_none() -> None:
    """The numbers that are missing are named; a run over some labels alone, which did not try, says nothing."""
    assert "not enough data, because answers: 12 of 80" in training_text(replace(REPORT, answers="answers: 12 of 80 contacts"))
    assert "answers" not in training_text(REPORT)


def test_an_attribute_is_named_as_the_shop_names_it() -> None:
    """The second of [records] attributes; one that the settings no longer name keeps the name of its place."""
    told = in_shops_words(("attribute_2_code", "recency_days", "attribute_12_code"), ("age", "income"))

    assert told == ("income", "recency_days", "attribute_12_code")
