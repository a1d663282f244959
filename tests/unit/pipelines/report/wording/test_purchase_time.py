"""The likeliest weekday and hours in one line, where they are said."""

from __future__ import annotations

import math

from otokui.domain import Instant
from pipelines.report.wording.purchase_time import HOURS, WEEKDAYS, likely_moment
from scoring.predict import predict
from tests.unit.scoring.test_predict import DEFINITIONS
from tests.unit.training import small_shop

SAID = dict.fromkeys(WEEKDAYS, 0.1) | {"p_next_purchase_weekday_6": 0.4} | dict.fromkeys(HOURS, 0.05) | {"p_next_purchase_hours_18": 0.65}


def test_a_line_in_either_language() -> None:
    """Saturday evening."""
    assert likely_moment(SAID) == "next purchase, if within 28 days, most likely on a Saturday (40%), 18-21 o'clock (65%)"
    assert likely_moment(SAID, "ja") == "28日以内なら土曜日(40%)・18-21時(65%)が最有力"


def test_what_is_not_said_is_not_told() -> None:
    """No columns, or none with a value."""
    assert likely_moment({}) is None
    assert likely_moment(SAID | {"p_next_purchase_weekday_1": math.nan}) is None
    assert likely_moment(SAID | {"p_next_purchase_hours_00": None}) is None


def test_names_are_those_of_the_predictions_file() -> None:
    """A renamed column would silently lose the line."""
    vectors = small_shop.vectors(small_shop.purchases(20), small_shop.START + 200 * 86_400)
    said = predict(vectors, small_shop.ModelSet({}), as_of=Instant(0), horizons_days=(30,), definitions=DEFINITIONS)

    assert {*WEEKDAYS, *HOURS} <= set(said.columns())
