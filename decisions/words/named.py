"""What a column that a message may name is for a person: its name in a sentence, what its values are, what a missing one means.

Features are read off what they declare (first words, unit, null), so that one added tomorrow reads as well as
those of today; their Japanese names stand beside them (``features.japanese``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from decisions.words.kinds import Kind
from decisions.words.prediction_words import prediction_words
from features.catalogue import CATALOGUE
from features.japanese import japanese

_BY_UNIT: Final = (
    ("1 = yes", Kind.YES_NO),
    ("share", Kind.SHARE),
    ("money", Kind.MONEY),
    ("days", Kind.DAYS),
    ("0 = Monday", Kind.WEEKDAY),
    ("-1..1", Kind.SEASON),
    ("code", Kind.CODE),
    ("bucket", Kind.CODE),
)
_ATTRIBUTE: Final = re.compile(r"attribute_(\d+)_code")
_FEATURES: Final = {feature.name: feature for feature in CATALOGUE}


@dataclass(frozen=True, slots=True)
class Named:
    """What a column is called in English and in Japanese ("" = not said here), what its values are, what a missing one means."""

    called: str
    called_ja: str
    kind: Kind
    null: str


@cache
def named(column: str, attributes: tuple[str, ...] = ()) -> Named:
    """Return what a feature or a prediction is for a person; any other name is left as it is, its underscores as blanks.

    attributes: what ``[records] attributes`` names, in its order: the shop's own columns are called as the shop calls them, and
    one that is not named there by its place.
    """
    place, feature, prediction = _ATTRIBUTE.fullmatch(column), _FEATURES.get(column), prediction_words(column)
    if place is not None:
        own = int(place[1]) - 1
        names = (attributes[own],) * 2 if own < len(attributes) else (f"customer attribute {own + 1}", f"顧客属性{own + 1}")
        return Named(*names, Kind.CODE, "not on record")
    if feature is not None:
        kind = next((kind for begin, kind in _BY_UNIT if feature.unit.startswith(begin)), Kind.NUMBER)
        if kind is Kind.SEASON:
            return Named("time of the year", japanese().get(column, ""), kind, feature.null)
        called = feature.called.removeprefix("whether ") if kind is Kind.YES_NO else feature.called
        return Named(called, japanese().get(column, ""), kind, feature.null)
    if prediction is not None:
        return Named(*prediction, null="not known")
    return Named(column.replace("_", " "), "", Kind.NUMBER, "not known")
