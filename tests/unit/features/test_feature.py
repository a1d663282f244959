"""A feature is declared by one function."""

import numpy as np
import pytest

from features.feature import Feature, feature, shared


def test_the_function_says_everything() -> None:
    """Name, inputs and description are read from the function; it stays callable."""

    @feature(unit="days", null="never", source="records")
    def age_days(last_visit_at: np.ndarray, as_of: float) -> np.ndarray:
        """Days since. From: records."""
        return as_of - last_visit_at

    assert (age_days.name, age_days.inputs, age_days.unit, age_days.null) == ("age_days", ("last_visit_at", "as_of"), "days", "never")
    assert age_days.says == "Days since. From: records."
    assert age_days.define(np.array([1.0]), 3.0)[0] == 2.0


@pytest.mark.parametrize(
    ("says", "called"),
    [
        ("Days since the last purchase. From: order_lines (RFM: recency).", "days since the last purchase"),
        ("RFM score.", "RFM score"),
        ("Purchases of all time; an order is one purchase. From: order_lines.", "purchases of all time"),
        ("Contacts sent, each halving every 14 days: fatigue. From: contacts.", "contacts sent, each halving every 14 days"),
        ("Categories bought from (CTB: C). From: order_lines.", "categories bought from"),
        ("Area, hashed. From: customers.", "area"),
    ],
)
def test_it_is_called_by_the_first_words_of_what_it_says(says: str, called: str) -> None:
    """Where it comes from, and by which method, interests a data scientist, not the reader of a sentence."""
    assert Feature("x", (), "days", "never", "records", says, lambda: np.zeros(1)).called == called


def test_a_default_is_not_a_column() -> None:
    """An argument with a default would never be filled from a summary."""
    with pytest.raises(TypeError, match="not columns"):

        @shared
        def broken(paid_sum: np.ndarray, factor: float = 2.0) -> np.ndarray:
            """Do not do this."""
            return paid_sum * factor


def test_silence_is_refused() -> None:
    """A column nobody can read about cannot be trusted."""
    with pytest.raises(TypeError, match="docstring"):

        @feature(unit="1", null="never", source="records")
        def silent(paid_sum: np.ndarray) -> np.ndarray:
            return paid_sum
