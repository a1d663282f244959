"""A feature is declared by one function."""

import numpy as np
import pytest

from features.feature import feature, shared


def test_the_function_says_everything() -> None:
    """Name, inputs and description are read from the function; it stays callable."""

    @feature(unit="days", null="never", source="records")
    def age_days(last_visit_at: np.ndarray, as_of: float) -> np.ndarray:
        """Days since. From: records."""
        return as_of - last_visit_at

    assert (age_days.name, age_days.inputs, age_days.unit, age_days.null) == ("age_days", ("last_visit_at", "as_of"), "days", "never")
    assert age_days.says == "Days since. From: records."
    assert age_days.define(np.array([1.0]), 3.0)[0] == 2.0


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
