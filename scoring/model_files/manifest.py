"""Model manifest: everything needed to check a model and to score with it.

A model is this manifest and a LightGBM text; there is no code in either (threats.md: pickles).
"""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from otokui.domain import Label
from otokui.errors import BrokenModel
from otokui.settings.definitions import LoyalRule
from otokui.settings.section import Section
from scoring.base_models.btyd import MbgNbd
from scoring.base_models.calibration import Affine
from scoring.base_models.purchase_times import TimeOfWeek


class HorizonGrowth(Section):
    """Ratio of counts at ``days`` to the BTYD forecast of the reference horizon."""

    days: float
    factor: float


class TrainingAverages(Section):
    """Averages of the training rows, predicted for customers without a record.

    hazards: chance of a purchase in each period, given none before (of all customers); prospect_hazards: the same for customers on record
    who never bought; mean, prospect_mean: the label's averages; order_value: money of one purchase; order_value_weight: weight of the
    average in purchases, when it is mixed with a customer's own.
    """

    hazards: tuple[float, ...] = ()
    prospect_hazards: tuple[float, ...] = ()
    mean: float = 0.0
    prospect_mean: float = 0.0
    order_value: float = 0.0
    order_value_weight: float = 2.0


class Manifest(Section):
    """Manifest of one model. Instants are UTC seconds, durations days.

    hours: of the next purchase, the share of purchases by hour of the day in UTC; () in models of older builds. habits: time-of-week
    mixtures of the next purchase; None in models of older builds, which then predict no weekday. not_enough: the data too scarce for
    trees, and the baseline used instead; "" = none (`scoring.model_files.shortage` words it). speaks: whether there are predictions at
    all; if not, ``not_enough`` is the model's only content.
    """

    format: Literal[1] = 1
    label: Label
    features: tuple[str, ...] = Field(min_length=1)
    categorical: tuple[str, ...] = ()
    fingerprint: str
    cutoffs: tuple[int, ...]
    trained_through: int
    horizon_days: float = Field(gt=0)
    periods: tuple[float, ...] = ()
    basis: tuple[float, ...] = ()
    intercepts: tuple[float, ...] = ()
    rhythm: MbgNbd
    habits: TimeOfWeek | None = None
    growth: tuple[HorizonGrowth, ...] = ()
    calibration: tuple[Affine, ...]
    pooled: TrainingAverages
    hours: tuple[float, ...] = ()
    offset_mean: float = 0.0
    tail: str
    loyal_rule: LoyalRule | None = None
    params: dict[str, str | int | float | bool] = Field(default={})
    best_iteration: int = Field(ge=0)
    data_digest: str
    metrics: dict[str, float] = Field(default={})
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    otokui_version: str
    not_enough: str = ""
    speaks: bool = True

    @model_validator(mode="after")
    def _periods_fit(self) -> Manifest:
        if self.label is Label.NEXT_PURCHASE:
            bins = len(self.periods) - 1
            parts = (self.basis, self.intercepts, self.calibration, self.pooled.hazards, self.pooled.prospect_hazards)
            if bins < 1 or any(len(part) != bins for part in parts):
                raise ValueError("basis, intercepts, calibration and pooled hazards need one entry a period")
            if any(b <= a for a, b in zip(self.periods, self.periods[1:], strict=False)) or self.periods[0] != 0.0:
                raise ValueError("periods begin at 0 and increase")
        elif len(self.calibration) != 1 or len(self.intercepts) != 1:
            raise ValueError("one calibration and one intercept are needed")
        return self

    def to_json(self) -> str:
        """Return the manifest as JSON: the same manifest, the same bytes."""
        return self.model_dump_json(indent=1)


def read_manifest(text: str) -> Manifest:
    """Read a manifest.

    Raises:
        BrokenModel: the text is not a manifest this build understands.
    """
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise BrokenModel(
            f"a model manifest cannot be read: {where}: {first['msg']}",
            fix="export the model again (`otokui train`), or roll back to the model before it",
        ) from None


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
