"""Settings of prediction horizons (``[predictions]``)."""

from __future__ import annotations

from pydantic import Field, field_validator

from otokui.settings.section import Section


class Forecasts(Section):
    """Prediction horizons."""

    horizons_days: tuple[int, ...] = Field(default=(7, 14, 30, 60, 90), description="horizons in days, any length")

    @field_validator("horizons_days")
    @classmethod
    def _increasing(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if not days or any(d < 1 for d in days):
            raise ValueError("horizons are whole days of at least 1")
        return tuple(sorted({*days, 7, 14, 30, 60, 90}))
