"""A factor in plain words, English and Japanese: what it is of, on which side of which threshold, in the unit a person uses."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from features.catalogue import CATALOGUE
from features.feature import Feature
from pipelines.report.gather import RHYTHM
from pipelines.report.models import plain
from pipelines.report.numbers import Formats
from training.shared_factors import Factor, Side

_JAPANESE = Path(__file__).with_name("feature_names.toml")
_FEATURES = {feature.name: feature for feature in CATALOGUE}
_OTHERS = RHYTHM | {"own_rhythm": RHYTHM["rhythm_alive"]}
_SHARES = {"rhythm_alive", "own_rhythm"}


@cache
def japanese() -> dict[str, str]:
    """Return features by name in Japanese."""
    return tomllib.loads(_JAPANESE.read_text(encoding="utf-8"))


def called(name: str, language: str = "en") -> str:
    """Return what a feature is called in a sentence."""
    feature = _FEATURES.get(name)
    english = plain(feature.says) if feature is not None else _OTHERS.get(name, name.replace("_", " "))
    return japanese().get(name, english) if language == "ja" else english


def number(name: str, value: float, formats: Formats) -> str:
    """Return a value of a feature as a person writes it: percent, money, days, or a plain number."""
    unit = _unit(_FEATURES.get(name))
    if name in _SHARES or unit.startswith("share"):
        return formats.share(value)
    if unit.startswith("money"):
        return formats.money(value)
    if unit.startswith(("count", "years", "orders", "lines", "purchases, ")) or float(value).is_integer():
        return formats.number(value, 0 if float(value).is_integer() else 1)
    return formats.days(value) if unit.startswith("days") else f"{value:.2g}"


def says(factor: Factor, formats: Formats) -> str:
    """Return a factor as a sentence without its full stop, in the language of the formats."""
    ja = formats.language == "ja"
    name, feature = called(factor.feature, formats.language), _FEATURES.get(factor.feature)
    if factor.side is Side.UNKNOWN:
        return f"{name}: 記録なし" if ja else f"{name}: {feature.null if feature is not None else 'not known'}"
    if _unit(feature).startswith("1 = yes"):
        yes = factor.side is Side.HIGH
        return f"{name}: {'はい' if yes else 'いいえ'}" if ja else f"{name}: {'yes' if yes else 'no'}"
    shown = number(factor.feature, factor.threshold, formats)
    if factor.side is Side.HIGH:
        return f"{name}: {shown}以上" if ja else f"{name}: {shown} or more"
    return f"{name}: {shown}未満" if ja else f"{name}: below {shown}"


def _unit(feature: Feature | None) -> str:
    return feature.unit if feature is not None else ""
