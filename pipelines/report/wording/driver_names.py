"""Names of drivers in words: a feature, and the side of its threshold."""

from __future__ import annotations

from typing import Any, Protocol

from analysis.drivers import Driver, ThresholdSide
from decisions.wording.column_names import column_name
from decisions.wording.value_format import ValueKind
from otokui.wording.i18n import N_, gettext


class Language(Protocol):
    """Numbers in one language (``pipelines.report.wording.numbers.Formats``)."""

    @property
    def language(self) -> str:
        """Return which."""
        ...


class ColumnNaming(Protocol):
    """What a shop calls its columns (``pipelines.report.wording.column_names.Columns``)."""

    def called(self, column: str, language: str) -> str:
        """Return what a column is called in a sentence."""
        ...

    def value(self, column: str, value: float | None, formats: Any) -> str:
        """Return a value as a person writes it."""
        ...


def says(factor: Driver, formats: Language, columns: ColumnNaming) -> str:
    """Return a driver as a sentence without its full stop.

    In the language of the formats.
    """
    return factor_in_words(factor.feature, factor.side, factor.threshold, formats, columns)


def factor_in_words(feature: str, side: ThresholdSide, threshold: float, formats: Language, columns: ColumnNaming) -> str:
    """Return a side of a feature's threshold as such a sentence."""
    name = columns.called(feature, formats.language)
    if side is ThresholdSide.UNKNOWN:
        message, value = "{called}: {value}", columns.value(feature, None, formats)
    elif column_name(feature).kind is ValueKind.YES_NO:
        message, value = "{called}: {value}", columns.value(feature, float(side is ThresholdSide.HIGH), formats)
    else:
        value = columns.value(feature, threshold, formats)
        message = N_("{called}: {value} or more") if side is ThresholdSide.HIGH else N_("{called}: below {value}")
    return gettext(message, formats.language).format(called=name, value=value)
