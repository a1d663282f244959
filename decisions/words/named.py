"""What a column that a message may name is for a person: its name in a sentence, what its values are, what a missing one means.

Features are read off what they declare (first words, unit, null), so that one added tomorrow reads as well as
those of today; what is read is at the same time the message that the catalogues translate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from decisions.words.kinds import Kind
from decisions.words.prediction_words import prediction_words
from features.catalogue import CATALOGUE
from otokui.i18n import N_, SOURCE, Text, said

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
FEATURE: Final = "feature"
NO_VALUE: Final = "no value"
"""Contexts in the catalogues of what features are called, and of what a missing value of theirs means."""
_FEATURES: Final = {feature.name: feature for feature in CATALOGUE}


@dataclass(frozen=True, slots=True)
class Named:
    """What a column is called in a sentence, what its values are, what a missing one means; a plain string is the shop's own word."""

    name: Text | str
    kind: Kind
    missing: Text

    @property
    def called(self) -> str:
        """Return its name in English."""
        return self.called_in(SOURCE)

    @property
    def null(self) -> str:
        """Return in English what a missing value means."""
        return self.missing.said()

    def called_in(self, language: str) -> str:
        """Return its name in a language."""
        return said(self.name, language)


@cache
def named(column: str, attributes: tuple[str, ...] = ()) -> Named:
    """Return what a feature or a prediction is for a person; any other name is left as it is, its underscores as blanks.

    attributes: what ``[records] attributes`` names, in its order: the shop's own columns are called as the shop calls them, and
    one that is not named there by its place.
    """
    place, feature, prediction = _ATTRIBUTE.fullmatch(column), _FEATURES.get(column), prediction_words(column)
    if place is not None:
        own = int(place[1]) - 1
        name = attributes[own] if own < len(attributes) else Text(N_("customer attribute {number}"), values={"number": str(own + 1)})
        return Named(name, Kind.CODE, Text(N_("not on record")))
    if feature is not None:
        kind = next((kind for begin, kind in _BY_UNIT if feature.unit.startswith(begin)), Kind.NUMBER)
        missing = Text(feature.null, NO_VALUE)
        if kind is Kind.SEASON:
            return Named(Text(N_("time of the year")), kind, missing)
        called = feature.called.removeprefix("whether ") if kind is Kind.YES_NO else feature.called
        return Named(Text(called, FEATURE), kind, missing)
    if prediction is not None:
        return Named(*prediction, missing=Text(N_("not known")))
    return Named(column.replace("_", " "), Kind.NUMBER, Text(N_("not known")))
