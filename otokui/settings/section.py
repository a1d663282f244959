"""Base of settings sections, and the types of values that several of them share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Hours = Annotated[int, Field(ge=0, le=24)]


class Section(BaseModel):
    """Settings section: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
