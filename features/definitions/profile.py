"""Features of customer profiles: age, registration, acquisition source.

The shop's own attributes are in ``features.definitions.attribute``.
"""

from __future__ import annotations

import numpy as np

from features.arithmetic import days_since
from features.definitions.calendar import local_day
from features.feature import feature
from otokui.domain import DAY
from otokui.frames import Floats

CUSTOMERS = "customers"
NOT_TOLD = "not on record"


@feature(unit="days, >= 0", null=NOT_TOLD, source=CUSTOMERS)
def days_since_registration(registered_at: Floats, as_of: float) -> Floats:
    """Days since the customer registered. From: customers."""
    return days_since(registered_at, as_of)


@feature(
    unit="days, below 0 = bought before registering", null="never bought, or registration not on record", source="customers and order_lines"
)
def days_to_first_purchase(registered_at: Floats, first_purchase_at: Floats) -> Floats:
    """Days from registration to the first purchase. From: customers and order_lines."""
    return (first_purchase_at - registered_at) / DAY


@feature(unit="years", null=NOT_TOLD, source=CUSTOMERS)
def age_years(birth_year: Floats, as_of: float, local_offset_seconds: float) -> Floats:
    """Age in years: local year less year of birth. From: customers."""
    return local_day(as_of, local_offset_seconds).year - birth_year


@feature(unit="1 = yes, 0 = no", null=NOT_TOLD, source=CUSTOMERS)
def birthday_month_now(birth_month: Floats, as_of: float, local_offset_seconds: float) -> Floats:
    """Whether this local month is the month of birth. From: customers."""
    same = (birth_month == local_day(as_of, local_offset_seconds).month).astype(np.float64)
    return np.where(np.isnan(birth_month), np.nan, same)


@feature(unit="code, 0..31", null=NOT_TOLD, source=CUSTOMERS)
def gender_code(gender_code: Floats) -> Floats:
    """Gender as the shop records it, hashed. From: customers."""
    return gender_code


@feature(unit="code, 0..31", null=NOT_TOLD, source=CUSTOMERS)
def area_code(area_code: Floats) -> Floats:
    """Area, hashed. From: customers."""
    return area_code


@feature(unit="code, 0..31", null=NOT_TOLD, source=CUSTOMERS)
def acquisition_source_code(acquisition_source_code: Floats) -> Floats:
    """Where the customer came from, hashed. From: customers."""
    return acquisition_source_code


@feature(unit="code, 0..31", null=NOT_TOLD, source=CUSTOMERS)
def acquisition_medium_code(acquisition_medium_code: Floats) -> Floats:
    """The medium of acquisition, hashed. From: customers."""
    return acquisition_medium_code


@feature(unit="code, 0..31", null=NOT_TOLD, source=CUSTOMERS)
def landing_variant_code(landing_variant_code: Floats) -> Floats:
    """The variant of the landing page, hashed. From: customers."""
    return landing_variant_code
