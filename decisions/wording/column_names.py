"""Column names for people, in English and Japanese, with units and missing values.

Names of features come from their declaration (first words, unit, null), so that a new one reads as well as the others; their Japanese
names are in ``features.japanese``. A prediction has no function with a description, so its name is here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from decisions.wording.value_format import ValueKind
from features.catalogue import CATALOGUE
from otokui.wording.i18n import N_, SOURCE, Text, in_language

_ALIVE: Final = (N_("chance of still buying at all, by the customer's own rhythm"), ValueKind.SHARE)
_SINGLE: Final[dict[str, tuple[str, ValueKind]]] = {
    "days_to_next_median": (N_("days to the next purchase, as likely sooner as later"), ValueKind.DAYS),
    "days_to_next_p10": (N_("days to the next purchase, one in ten is sooner"), ValueKind.DAYS),
    "days_to_next_p90": (N_("days to the next purchase, nine in ten are sooner"), ValueKind.DAYS),
    "churn_probability": (N_("chance of leaving"), ValueKind.SHARE),
    "future_loyal_probability": (N_("chance of becoming a loyal customer"), ValueKind.SHARE),
    "state": (N_("customer state"), ValueKind.STATE),
    "rhythm_alive": _ALIVE,
    "own_rhythm": _ALIVE,
    "rhythm_expected": (N_("purchases expected in 30 days, by the customer's own rhythm"), ValueKind.NUMBER),
    "known": (N_("anything on record"), ValueKind.YES_NO),
}
_BY_HORIZON: Final[dict[str, tuple[str, ValueKind]]] = {
    "p_purchase": (N_("chance of a purchase within {days} days"), ValueKind.SHARE),
    "expected_purchases": (N_("purchases within {days} days, on average"), ValueKind.NUMBER),
    "median_purchases": (N_("purchases within {days} days, as likely fewer as more"), ValueKind.NUMBER),
    "expected_spend": (N_("money spent within {days} days, on average"), ValueKind.MONEY),
}


def prediction_name(column: str) -> tuple[Text, ValueKind] | None:
    """Return the name of a prediction column and the kind of its value, or None."""
    if column in _SINGLE:
        message, kind = _SINGLE[column]
        return Text(message), kind
    prefix, _, horizon = column.rpartition("_")
    days = horizon.removesuffix("d")
    if prefix not in _BY_HORIZON or horizon == days or not days.isdecimal():
        return None
    message, kind = _BY_HORIZON[prefix]
    return Text(message, values={"days": days}), kind


_BY_UNIT: Final = (
    ("1 = yes", ValueKind.YES_NO),
    ("share", ValueKind.SHARE),
    ("money", ValueKind.MONEY),
    ("days", ValueKind.DAYS),
    ("0 = Monday", ValueKind.WEEKDAY),
    ("-1..1", ValueKind.SEASON),
    ("code", ValueKind.CODE),
    ("bucket", ValueKind.CODE),
)
_ATTRIBUTE: Final = re.compile(r"attribute_(\d+)_code")
FEATURE: Final = "feature"
NO_VALUE: Final = "no value"
"""Contexts in the catalogues: of feature names, and of the meaning of a missing value."""
_FEATURES: Final = {feature.name: feature for feature in CATALOGUE}


@dataclass(frozen=True, slots=True)
class ColumnName:
    """Column name in sentences, with the kind of its values and of a missing one.

    A plain string is the shop's own word.
    """

    name: Text | str
    kind: ValueKind
    missing: Text

    @property
    def called(self) -> str:
        """Return the column's name in English."""
        return self.called_in(SOURCE)

    @property
    def null(self) -> str:
        """Return the meaning of a missing value in English."""
        return self.missing.in_language()

    def called_in(self, language: str) -> str:
        """Return the column's name in a language."""
        return in_language(self.name, language)


@cache
def column_name(column: str, attributes: tuple[str, ...] = ()) -> ColumnName:
    """Return the name of a feature or a prediction column for people.

    Any other name stays, its underscores as blanks. attributes: the names of ``[records] attributes``, in order: the shop's own columns
    have the shop's names, and one without a name has its number.
    """
    place, feature, prediction = _ATTRIBUTE.fullmatch(column), _FEATURES.get(column), prediction_name(column)
    if place is not None:
        number = int(place[1]) - 1
        name = (
            attributes[number] if number < len(attributes) else Text(N_("customer attribute {number}"), values={"number": str(number + 1)})
        )
        return ColumnName(name, ValueKind.CODE, Text(N_("not on record")))
    if feature is not None:
        kind = next((kind for begin, kind in _BY_UNIT if feature.unit.startswith(begin)), ValueKind.NUMBER)
        missing = Text(feature.null, NO_VALUE)
        if kind is ValueKind.SEASON:
            return ColumnName(Text(N_("time of the year")), kind, missing)
        called = feature.called.removeprefix("whether ") if kind is ValueKind.YES_NO else feature.called
        return ColumnName(Text(called, FEATURE), kind, missing)
    if prediction is not None:
        return ColumnName(*prediction, missing=Text(N_("not known")))
    return ColumnName(column.replace("_", " "), ValueKind.NUMBER, Text(N_("not known")))
