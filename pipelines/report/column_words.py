"""What a column of features or predictions is called in a sentence, and its values as a person writes them, English and Japanese.

One place for the report, the lists and the explanations, so that a column has one name wherever a CRM team meets it. The
shop's own attributes are called as the shop calls them: their features only know a place in a list of the settings.
"""

from __future__ import annotations

from dataclasses import dataclass

from decisions.words.kinds import Kind
from decisions.words.named import named
from pipelines.moment_words import DAYS, YOUBI
from pipelines.report.numbers import Formats
from pipelines.report.words import Words
from scoring.survival import CAP_DAYS


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one shop; attributes: those that ``[records] attributes`` names, in its order."""

    attributes: tuple[str, ...] = ()

    def called(self, column: str, language: str = "en") -> str:
        """Return what a column is called in a sentence; a Japanese name that is missing is English."""
        known = named(column, self.attributes)
        return known.called_ja or known.called if language == "ja" else known.called

    def value(self, column: str, value: float | str | None, formats: Formats, exactly: bool = False) -> str:
        """Return a value as a person writes it: yes, percent, money, days, a weekday or a number, in the language of the formats.

        exactly: with all digits that tell it from a neighbour, where rounding would hide a difference. What is not known is said in the
        words that the feature has for it. A code says only that there is something on record.
        """
        ja, known = formats.language == "ja", named(column)
        kind = known.kind
        if value is None or value != value:
            return "記録なし" if ja else known.null
        if isinstance(value, str):
            return Words(formats.language).state(value) if kind is Kind.STATE else value
        match kind:
            case Kind.YES_NO:
                return ("はい" if value else "いいえ") if ja else ("yes" if value else "no")
            case Kind.SHARE:
                return f"{100.0 * value:.6g}%" if exactly else formats.share(value)
            case Kind.MONEY:
                return formats.money(value, exactly)
            case Kind.WEEKDAY:
                return f"{YOUBI[int(value) % 7]}曜日" if ja else DAYS[int(value) % 7]
            case Kind.SEASON:
                return "現在" if ja else "as it is now"
            case Kind.CODE:
                return "記録あり" if ja else "on record"
        if column.startswith("days_to_next_") and value >= CAP_DAYS:
            return "10年以上、または購入なし" if ja else "ten years or more, or never"
        if kind is Kind.DAYS:
            return formats.span(value, exactly)
        if exactly or float(value).is_integer():
            return f"{value:,.8g}"
        digits = 2 if abs(value) < 1.0 else 1 if abs(value) < 100.0 else 0
        return _short(formats.number(value, digits))


def _short(number: str) -> str:
    """Return a number without noughts behind the point, so that what rounds to a whole number is written as one."""
    return number.rstrip("0").rstrip(".") if "." in number else number
