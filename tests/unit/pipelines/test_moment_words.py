"""The likeliest weekday and hours in one line, where they are said."""

from __future__ import annotations

import math

from otokui.domain import Instant
from pipelines.moment_words import HOURS, WEEKDAYS, likely_moment
from scoring.predict import predict
from tests.unit.scoring.test_predict import DEFINITIONS
from tests.unit.training import small_shop

SAID = dict.fromkeys(WEEKDAYS, 0.1) | {"p_next_purchase_weekday_6": 0.4} | dict.fromkeys(HOURS, 0.05) | {"p_next_purchase_hours_18": 0.65}


def test_one_line_in_both_languages() -> None:
    """Saturday evening."""
    (line,) = likely_moment(SAID)

    assert "Saturday (40%), 18-21 o'clock (65%)" in line
    assert "土曜日・18-21時" in line


def test_what_is_not_said_is_not_told() -> None:
    """No columns, or none with a value."""
    assert likely_moment({}) == []
    assert likely_moment(SAID | {"p_next_purchase_weekday_1": math.nan}) == []
    assert likely_moment(SAID | {"p_next_purchase_hours_00": None}) == []


def test_names_are_those_of_the_predictions_file() -> None:
    """A renamed column would silently lose the line."""
    vectors = small_shop.vectors(small_shop.purchases(20), small_shop.START + 200 * 86_400)
    said = predict(vectors, small_shop.ModelSet({}), as_of=Instant(0), horizons_days=(30,), definitions=DEFINITIONS)

    assert {*WEEKDAYS, *HOURS} <= set(said.columns())
