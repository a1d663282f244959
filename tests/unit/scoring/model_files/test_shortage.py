"""What there is not enough of is said once for all labels that lack it, and a model that only says why says nothing else."""

from __future__ import annotations

from otokui.domain import Label
from scoring.model_files.shortage import sentence, sentences


def test_labels_that_lack_the_same_share_a_sentence() -> None:
    """Three labels, two reasons."""
    told = sentences({Label.CHURN: "two of four days", Label.SPEND: "two of four days", Label.FUTURE_LOYAL: "nobody"})

    assert told == [
        "not enough data for churn and spend, because two of four days",
        "not enough data for future loyalty, because nobody",
    ]


def test_a_sentence_names_what_is_foretold_and_not_its_code() -> None:
    """As a person would say it."""
    assert sentence([Label.NEXT_PURCHASE, Label.PURCHASE_COUNT, Label.SPEND], "x") == (
        "not enough data for the next purchase, the number of purchases and spend, because x"
    )
