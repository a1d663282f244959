"""Settings of the shop itself (``[shop]``): name, time zone, currency, margin, language."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from otokui.settings.section import Section, Share
from otokui.wording.i18n import languages


class ShopSettings(Section):
    """Shop: name, time zone, currency, margin and language."""

    name: str = Field(default="shop", description="short name, in file and model names")
    timezone: str = Field(default="Asia/Tokyo", description="the shop's time zone (IANA)")
    currency: str = Field(default="JPY", description="the currency of all money")
    margin_rate: Share = Field(default=0.3, description="gross margin, where product costs are not known")
    language: str | None = Field(
        default=None,
        description="language of the report and of explanations, one that has a catalogue (en, ja, …); none = the report in English, "
        "explanations in English with Japanese beside it",
    )

    @field_validator("language")
    @classmethod
    def _has_a_catalogue(cls, language: str | None) -> str | None:
        if language is not None and language not in languages():
            raise ValueError(f"{language!r} has no catalogue of sentences; languages are {', '.join(languages())}")
        return language

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{name!r} is no IANA time zone; write e.g. Asia/Tokyo") from None
        return name
