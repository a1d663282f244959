"""Measurement settings: what a figure needs before it is told (``[measurement]``)."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section


class MeasurementSettings(Section):
    """Measurement of what contacts earned."""

    period_days: int = Field(default=30, ge=7, le=731, description="length of the period measured, where no begin is given")
    min_customers: int = Field(
        default=50, ge=20, description="customers that each of two groups needs; below it a figure says too few instead of a number"
    )
