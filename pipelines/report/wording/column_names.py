"""Names of feature and prediction columns in sentences, and their values as text.

One place for the report, the lists and the explanations, so that a column has one name wherever a CRM team meets it. The
shop's own attributes are called as the shop calls them: their features only know a place in a list of the settings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from decisions.wording.column_names import column_name
from decisions.wording.unmet_conditions import yes_or_no
from decisions.wording.value_format import ValueKind
from otokui.wording.i18n import Translatable, gettext
from otokui.wording.numerals import laid_out, written
from pipelines.report.wording.numbers import UNKNOWN, Formats
from pipelines.report.wording.purchase_time import DAYS
from pipelines.report.wording.translations import Words
from scoring.next_purchase.survival import CAP_DAYS


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one shop; attributes: those that ``[records] attributes`` names, in its order."""

    attributes: tuple[str, ...] = ()

    def name(self, column: str) -> Translatable | str:
        """Return what a column is called, in whatever language is asked for later."""
        return column_name(column, self.attributes).name

    def called(self, column: str, language: str = "en") -> str:
        """Return a column's name in a sentence.

        A name that the language lacks is English.
        """
        return column_name(column, self.attributes).called_in(language)

    def value(self, column: str, value: float | str | None, formats: Formats, exactly: bool = False) -> str:
        """Return a value as text in a language.

        Yes, percent, money, days, a weekday or a number.

        exactly: with all digits that tell it from a neighbour, where rounding would hide a difference. What is not known is said in the
        words that the feature has for it. A code says only that there is something on record.
        """
        language, known = formats.language, column_name(column)
        kind = known.kind
        if value is None or value != value:
            return known.missing.in_language(language)
        if isinstance(value, str):
            return Words(formats.language).state(value) if kind is ValueKind.STATE else value
        match kind:
            case ValueKind.YES_NO:
                return yes_or_no(bool(value), language)
            case ValueKind.SHARE:
                return laid_out(f"{100.0 * value:.6g}%", language) if exactly else formats.share(value)
            case ValueKind.MONEY:
                return formats.money(value, exactly)
            case ValueKind.WEEKDAY:
                return gettext(DAYS[int(value) % 7], language)
            case ValueKind.SEASON:
                return gettext("as it is now", language)
            case ValueKind.CODE:
                return gettext("on record", language)
        if column.startswith("days_to_next_") and value >= CAP_DAYS:
            return gettext("ten years or more, or never", language)
        if kind is ValueKind.DAYS:
            return formats.span(value, exactly)
        if not math.isfinite(value):
            return UNKNOWN
        if exactly or float(value).is_integer():
            return written(value, ",.8g", language)
        digits = 2 if abs(value) < 1.0 else 1 if abs(value) < 100.0 else 0
        return laid_out(_short(f"{value:,.{digits}f}"), language)


def _short(number: str) -> str:
    """Return a number without noughts behind the point, so that what rounds to a whole number is written as one."""
    return number.rstrip("0").rstrip(".") if "." in number else number
