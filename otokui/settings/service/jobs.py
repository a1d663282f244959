"""Settings of decision jobs over HTTP."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section


class Jobs(Section):
    """Decision jobs over HTTP: how many wait, and how long their files are kept."""

    most_waiting: int = Field(default=50, ge=1, description="jobs that have not ended; more get 429")
    part_customers: int = Field(
        default=2_000, ge=1, le=20_000, description="customers decided and reserved at once; calls wait no longer than for one such part"
    )
    keep_days: float = Field(default=14.0, ge=1.0, description="days after its end at which a job's decisions are removed")
