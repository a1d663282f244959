"""For whom a message fits better: stated factors, straight between two values."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from otokui.settings.contacts.messages import Leaning
from tests.unit.decisions.builders import message, people, policy

SALE = {"column": "discount_share", "low": 0.2, "high": 0.8, "at_low": 0.5, "at_high": 2.0}


def uplift(*leanings: dict[str, object], **facts: float) -> float:
    """Return the uplift decided by, of a message whose prior is 0.01."""
    under = policy([message(prior_uplift=0.01, leanings=list(leanings))])
    found: float = people(under, p_purchase=0.0, **facts).row()["value"]["uplift"]
    return found


@pytest.mark.parametrize(("share", "factor"), [(0.0, 0.5), (0.2, 0.5), (0.5, 1.25), (0.8, 2.0), (1.0, 2.0)])
def test_the_factor_lies_on_a_line_and_stops_at_its_ends(share: float, factor: float) -> None:
    """Below low, at low, half way, at high, beyond."""
    assert uplift(SALE, discount_share=share) == pytest.approx(0.01 * factor, rel=1e-3)


def test_what_is_not_known_changes_nothing() -> None:
    """Nobody is taken for somebody who never buys at a sale."""
    assert uplift(SALE, discount_share=float("nan")) == pytest.approx(0.01, rel=1e-3)


def test_several_multiply() -> None:
    """Two leanings of one message."""
    assert uplift(SALE, SALE, discount_share=0.9) == pytest.approx(0.04, rel=1e-3)


def test_a_leaning_on_a_prediction() -> None:
    """Predictions may be named as features may."""
    leaning = {"column": "churn_probability", "low": 0.0, "high": 0.2, "at_low": 1.0, "at_high": 3.0}

    assert uplift(leaning, churn_probability=0.1) == pytest.approx(0.02, rel=1e-3)


def test_low_must_lie_below_high() -> None:
    """A line needs two points."""
    with pytest.raises(ValidationError, match="needs low < high"):
        Leaning(column="discount_share", low=0.5, high=0.5, at_low=1.0, at_high=2.0)
