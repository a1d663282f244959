"""The road from summaries to decisions."""

from __future__ import annotations

import numpy as np

from decisions.recommend import recommend
from decisions.rows import rows
from features import summary_names
from otokui.frames import Batch, ContactState, texts
from scoring import ModelSet
from tests.unit.decisions.builders import AS_OF, policy


def test_without_models_everybody_gets_a_row_and_nobody_a_message() -> None:
    """Predictions that cannot be made are NaN, and NaN permits nothing."""
    values = np.full((2, len(summary_names())), np.nan)
    summaries = Batch(texts(["ada", "bob"]), summary_names(), values)
    consenting = ContactState(
        np.ones((2, 1), dtype=np.int8), np.zeros((2, 1), dtype=np.int8), np.zeros(2, dtype=np.int64),
        np.zeros((2, 1), dtype=np.int64), np.zeros((2, 1), dtype=np.int64), np.zeros((2, 1), dtype=np.int64), np.full(2, np.nan),
    )  # fmt: skip

    decided = recommend(summaries, as_of=AS_OF, summarised_at=AS_OF, models=ModelSet({}), policy=policy(), contact_state=consenting)

    assert [rows(decided)[i]["reasons"][0]["code"] for i in range(2)] == ["invalid_prediction"] * 2
