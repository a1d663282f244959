"""What a shop has too little of is told wherever its models speak: in training, beside a customer, in the report."""

from __future__ import annotations

from typing import Any

import pytest

from otokui.domain import Instant, Label
from otokui.errors import NotEnoughData
from otokui.settings.settings import Settings
from pipelines.cli.model_output import training_json, training_text
from pipelines.decision_run.explain import explain
from pipelines.model_training.train import TrainReport, last_known
from pipelines.report.build import gather
from pipelines.report.page import render
from tests.unit.training import small_shop
from training.train import TrainingResult

WHY = "the purchases span 20 of the 56 days needed"
NOW = Instant(1_800_000_000)


@pytest.fixture(scope="module")
def opened() -> TrainingResult:
    """A shop of thirty customers and twenty days."""
    return small_shop.trained(small_shop.purchases(30, 21, seed=4), 20)


class NoOrders:
    """Records of a shop in which people have registered and nobody has bought."""

    def tables(self) -> tuple[str, ...]:
        return ("customers",)


def test_training_tells_a_reason_once_for_all_that_share_it(opened: TrainingResult) -> None:
    """Four labels by rhythm, one that is not foretold; each is live, and programs read the reason beside it."""
    live = dict.fromkeys(opened.models, "digest")
    verdicts = {label: model.verdict for label, model in opened.models.items()}
    report = TrainReport(NOW, (), opened, verdicts, dict.fromkeys(opened.models, 1), live, "")

    text = training_text(report)

    assert text.count(WHY) == 2
    assert f"not enough data for the next purchase, the number of purchases, spend and churn, because {WHY}; the customers'" in text
    assert f"not enough data for future loyalty, because {WHY}; no chance is given" in text
    assert training_json(report)["models"]["spend"]["not_enough"].startswith(WHY)
    assert training_json(report)["refused"]["churn"] == WHY


def test_a_customer_is_told_with_what_there_is_not_enough_of() -> None:
    """Below the predictions for a person, by label for a program."""
    decision: dict[str, Any] = {"customer_id": "ada", "status": "no_contact", "decision_id": "d", "as_of": "now", "reasons": []}
    told = explain(
        "ada",
        Settings(),
        decide=lambda _: (decision | {"suppressions": []}, {"churn_probability": 0.5}),
        compare=lambda _: (),
        not_enough={Label.CHURN: WHY, Label.SPEND: WHY},
    )

    assert f"  - not enough data for churn and spend, because {WHY}\n" in told.to_text()
    assert told.to_dict()["not_enough"] == {"churn": WHY, "spend": WHY}


def test_the_report_shows_the_reason_and_leaves_out_what_says_nothing(opened: TrainingResult) -> None:
    """Four models with their sentence; future loyalty stands among what was not trained."""
    report = gather(Settings(), written_at=NOW, as_of=NOW, models={label: model.files for label, model in opened.models.items()})

    assert [line.label for line in report.models] == [label for label in Label if label is not Label.FUTURE_LOYAL]
    assert set(report.untrained) == {"future_loyal"}
    page = render(report, "en")
    assert f"not enough data for churn, because {WHY}" in page
    assert f"not enough data for future loyalty, because {WHY}" in page


def test_before_the_first_order_training_says_what_follows_from_it() -> None:
    """Nobody has bought: the one refusal that is left names its way out."""
    with pytest.raises(NotEnoughData, match="nobody has bought yet") as caught:
        last_known(NoOrders(), NOW)  # type: ignore[arg-type]  # of the port, only what is asked

    assert "from the first order on" in caught.value.fix
