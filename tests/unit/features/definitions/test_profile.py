"""Who the customer is."""

import math

import pytest

from otokui.data_contract.tables import MOST_ATTRIBUTES
from tests.builders import day, vector

CODES = (
    "gender_code", "area_code", "acquisition_source_code", "acquisition_medium_code", "landing_variant_code",
    *(f"attribute_{k}_code" for k in range(1, MOST_ATTRIBUTES + 1)),
)  # fmt: skip


def test_registration_and_age() -> None:
    """Registered ten days before buying, thirty before now; born in 1985."""
    features = vector(day(30), registered_at=day(0), first_purchase_at=day(10), birth_year=1985)

    assert features["days_since_registration"] == 30.0
    assert features["days_to_first_purchase"] == 10.0
    assert features["age_years"] == 40.0


@pytest.mark.parametrize(("birth_month", "expected"), [(1, 1.0), (2, 0.0)])
def test_birthday_month(birth_month: int, expected: float) -> None:
    """The last of January is still January."""
    assert vector(day(30), birth_month=birth_month)["birthday_month_now"] == expected


def test_birthday_month_is_local_and_null_where_unknown() -> None:
    """Nine in the evening of the last of January, UTC, is February in Tokyo."""
    assert vector(day(30, 21), local_offset_seconds=9 * 3600, birth_month=2)["birthday_month_now"] == 1.0
    assert math.isnan(vector(day(30))["birthday_month_now"])


@pytest.mark.parametrize("code", CODES)
def test_codes_pass_through(code: str) -> None:
    """A code is handed on as it is."""
    assert vector(day(0), **{code: 17.0})[code] == 17.0
