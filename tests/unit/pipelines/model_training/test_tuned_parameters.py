"""What a search found is data in the shop's folder: kept label by label, read back, never used before its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from otokui.domain import Instant, Label
from otokui.errors import BadInput
from pipelines.model_training.tuned_parameters import TunedParameters, keep_tuned, read_tuned, usable

FOUND = TunedParameters(
    params={"num_leaves": 12, "learning_rate": 0.05},
    loss=0.41,
    standing_loss=0.42,
    trials=40,
    pruned=22,
    train_through=1_000,
    tuned_at=2_000,
)


def test_what_was_kept_is_read_back_beside_what_was_there(tmp_path: Path) -> None:
    """A second search replaces its own label and leaves the other alone."""
    keep_tuned(tmp_path / "training", {Label.CHURN: FOUND, Label.SPEND: FOUND})
    better = FOUND.model_copy(update={"loss": 0.40})

    keep_tuned(tmp_path / "training", {Label.CHURN: better})

    assert read_tuned(tmp_path / "training") == {Label.CHURN: better, Label.SPEND: FOUND}


def test_a_shop_that_never_searched_has_nothing(tmp_path: Path) -> None:
    """The defaults stand."""
    assert read_tuned(tmp_path) == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"churn": {"loss": "low"}}', '{"weather": {}}'])
def test_a_file_that_is_something_else_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    """An edit gone wrong must not silently train with the defaults."""
    (tmp_path / "tuned.json").write_text(text, encoding="utf-8")

    with pytest.raises(BadInput, match="tuned.json") as caught:
        read_tuned(tmp_path)

    assert "otokui tune" in caught.value.fix


def test_what_was_found_on_later_records_is_not_used() -> None:
    """A training through instant 999 must not know what a search through 1,000 learnt; through 1,000 it may."""
    assert usable({Label.CHURN: FOUND}, Instant(1_000)) == ({Label.CHURN: FOUND}, ())

    used, notes = usable({Label.CHURN: FOUND}, Instant(999))

    assert used == {}
    assert notes == ("churn: tuned parameters were left out: they were found on records through 1970-01-01T00:16:40+00:00",)
