"""Settings of training (``[training]``): cut-offs, minimum data, LightGBM."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section


class Training(Section):
    """Training of models: cut-offs, minimum data and LightGBM parameters."""

    cutoffs: int = Field(default=12, ge=1, description="rolling cut-offs at most")
    step_days: int = Field(default=30, ge=1, description="days between cut-offs at most")
    summary_lag_hours: float = Field(default=0.0, ge=0, description="how stale summaries are when they serve")
    min_customers: int = Field(default=100, ge=10, description="fewer customers than this: no trees, the customers' own rhythm speaks")
    min_positives: int = Field(
        default=30, ge=5, description="fewer examples of either outcome: no trees of that label, and of future loyal no chance"
    )
    backtests: int = Field(default=2, ge=0, description="earlier cut-offs that are held out in turn as well, for figures over time")
    rounds: int = Field(default=400, ge=10, description="boosting rounds at most; early stopping ends sooner")
    bags: int = Field(default=3, ge=1, description="boosters per model, averaged; more are steadier and slower")
    learning_rate: float = Field(default=0.08, gt=0, description="LightGBM learning rate")
    num_leaves: int = Field(default=31, ge=2, description="LightGBM leaves")
    threads: int = Field(default=2, ge=1, description="LightGBM threads in training")
    seed: int = Field(default=20_250_401, description="the seed of everything random")
