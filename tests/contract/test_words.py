"""Everything that a CRM team may read has words in both languages: what the presets ask for, what is predicted, what a feature is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from decisions.wording.column_names import column_name
from decisions.wording.unmet_conditions import Unmet
from decisions.wording.value_format import ValueKind
from otokui.domain import CustomerState, Label
from otokui.settings.contacts.messages import Condition
from otokui.settings.settings import Settings, load
from pipelines.decision_run.explain_wording import HIDDEN, WAYS, Spoken
from scoring.base_models.btyd import EXTRA
from scoring.model_files.shap import OWN_RHYTHM
from tests.unit.decisions.builders import people, policy

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
RAW = re.compile(r"[a-z0-9]_[a-z0-9]|\binf\b|\bnan\b|<=|>=")
SPOKEN = Spoken.of(Settings())
PRESETS = load().messages
CONDITIONS = sorted({condition.model_dump_json() for message in PRESETS for condition in message.eligible})
PREDICTED = [name for name in people(policy()).predictions.columns() if name not in HIDDEN]


@pytest.mark.parametrize("value", [float("nan"), -1e6, 1e6], ids=["not known", "too low", "too high"])
@pytest.mark.parametrize("written", CONDITIONS)
def test_every_condition_of_the_presets_can_be_said(written: str, value: float) -> None:
    """In both languages, without the column's own name, and yes or no is asked for as that."""
    condition = Condition.model_validate_json(written)
    unmet = Unmet(condition.column, value, condition.at_least, condition.at_most)
    english, japanese = SPOKEN.unmet(unmet)

    assert not [each for each in (english, japanese, unmet.text) if RAW.search(each)]
    assert "needs " in english
    assert JAPANESE.search(japanese.partition(":")[0])
    assert (column_name(condition.column).kind is ValueKind.YES_NO) == english.endswith(("(needs yes)", "(needs no)"))


@pytest.mark.parametrize("message", [m for m in PRESETS if m.states], ids=lambda m: m.message_id)
def test_every_state_of_the_presets_can_be_said(message: Any) -> None:
    """A state is called by its name in either language."""
    others = [str(state) for state in CustomerState if str(state) not in message.states]
    for other in others:
        english, japanese = SPOKEN.unmet(Unmet("state", other, states=message.states))

        assert english.startswith(f"customer state: {other} (meant for ")
        assert not re.search(r"[a-z]", japanese)


@pytest.mark.parametrize("column", PREDICTED)
def test_every_prediction_has_words(column: str) -> None:
    """A column of the predictions file that is added is said before it is shown."""
    (line,) = SPOKEN.predictions({column: "active" if column == "state" else 1.0}, None)

    assert not RAW.search(line)
    assert JAPANESE.search(SPOKEN.columns.called(column, "ja"))
    assert SPOKEN.columns.called(column) != column.replace("_", " ") or column == "known"


@pytest.mark.parametrize("column", [*EXTRA, OWN_RHYTHM])
def test_what_scoring_adds_to_the_features_has_words(column: str) -> None:
    """It is among the factors of every prediction."""
    assert "by the customer's own rhythm" in SPOKEN.columns.called(column)
    assert JAPANESE.search(SPOKEN.columns.called(column, "ja"))


def test_every_model_says_what_its_push_means() -> None:
    """Up and down, in both languages."""
    assert set(WAYS) == set(Label)
