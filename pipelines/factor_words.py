"""A factor in plain words, English and Japanese: what it is of, and on which side of which threshold."""

from __future__ import annotations

from decisions.words.kinds import Kind
from decisions.words.named import named
from pipelines.report.column_words import Columns
from pipelines.report.numbers import Formats
from training.shared_factors import Factor, Side


def says(factor: Factor, formats: Formats, columns: Columns) -> str:
    """Return a factor as a sentence without its full stop, in the language of the formats."""
    ja = formats.language == "ja"
    name = columns.called(factor.feature, formats.language)
    if factor.side is Side.UNKNOWN:
        return f"{name}: {columns.value(factor.feature, None, formats)}"
    if named(factor.feature).kind is Kind.YES_NO:
        return f"{name}: {columns.value(factor.feature, float(factor.side is Side.HIGH), formats)}"
    shown = columns.value(factor.feature, factor.threshold, formats)
    if factor.side is Side.HIGH:
        return f"{name}: {shown}以上" if ja else f"{name}: {shown} or more"
    return f"{name}: {shown}未満" if ja else f"{name}: below {shown}"
