"""Wording of columns and numbers in an explanation, in the shop's money and dates.

Kept apart from ``pipelines.decision_run.explain``, which lays an explanation out: here stands how one condition, prediction or
factor is said. An explanation is told in one language, or in two side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from decisions.explanation.candidate_comparison import CandidateComparison
from decisions.wording.unmet_conditions import Unmet, sentence, state_sentence
from otokui.domain import DAY, Instant, Label
from otokui.settings.settings import Settings
from otokui.wording.i18n import N_, SOURCE, Translatable, gettext, in_language, paired
from pipelines.report.build import titles
from pipelines.report.wording.column_names import Columns
from pipelines.report.wording.numbers import Formats
from pipelines.report.wording.purchase_time import HOURS, WEEKDAYS
from pipelines.report.wording.translations import Words
from scoring.next_purchase.survival import CAP_DAYS

HIDDEN = ("customer_id", "as_of", *WEEKDAYS, *HOURS)
"""Columns of the predictions file that an explanation tells in its head, or as one likeliest moment."""
DAYS_TO_NEXT = "days_to_next_"
WAYS = {
    Label.NEXT_PURCHASE: (N_("sooner"), N_("later")),
    Label.PURCHASE_COUNT: (N_("more often"), N_("less often")),
    Label.SPEND: (N_("more"), N_("less")),
    Label.CHURN: (N_("likelier to leave"), N_("likelier to stay")),
    Label.FUTURE_LOYAL: (N_("likelier"), N_("less likely")),
}
"""What a push means, by model: up and down."""
NOTHING_MOVED = N_("nothing on record moved it")
BOTH = ("en", "ja")
"""The languages that an explanation is told in where nobody asks for one, and those of its JSON."""


def key(name: str, language: str) -> str:
    """Return the JSON key of a text in a language: ``text``, ``text_ja``."""
    return name if language == SOURCE else f"{name}_{language}"


def side_by_side(texts: Sequence[str]) -> str:
    """Return a line in its first language, and in brackets the same in the second."""
    return texts[0] + "".join(f"  ({text})" for text in texts[1:])


@dataclass(frozen=True, slots=True)
class Spoken:
    """Wording of one shop: columns, numbers by language, titles of messages and channels."""

    columns: Columns
    formats: tuple[Formats, ...]
    titles: Mapping[str, Translatable]

    @classmethod
    def of(cls, settings: Settings, languages: Sequence[str] = BOTH) -> Self:
        """Take names, currency and time zone of the settings."""
        shop = settings.shop
        formats = tuple(Formats(language, shop.currency, shop.timezone) for language in languages)
        return cls(Columns(settings.records.attributes), formats, titles(settings))

    @property
    def first(self) -> Formats:
        """Return the numbers of the language in which everything is told."""
        return self.formats[0]

    def text(self, message: str, /, **filled: object) -> str:
        """Return a sentence in that language."""
        return gettext(message, self.first.language).format(**filled)

    def together(self, pair: str, texts: Sequence[str]) -> str:
        """Return several texts as one, by a sentence that holds ``{first}`` and ``{second}``."""
        return paired(gettext(pair, self.first.language), list(texts))

    def beside(self, tell: Callable[[Formats], str]) -> str:
        """Return what is told, and in brackets the same in the second language."""
        return side_by_side([tell(formats) for formats in self.formats])

    def heading(self, message: str) -> str:
        """Return a heading in every language that is told."""
        return " / ".join(gettext(message, formats.language) for formats in self.formats)

    def message(self, name: str) -> str:
        """Return a message's title in every language, with its name for the send engine."""
        title = self.titles.get(name)
        return name if title is None else f"{' / '.join(title.in_language(formats.language) for formats in self.formats)} ({name})"

    def channel(self, name: str) -> str:
        """Return what people call a channel."""
        return in_language(self.titles.get(name, name), self.first.language)

    def candidate(self, compared: CandidateComparison) -> dict[str, Any]:
        """Return a candidate for JSON, with its unmet conditions in every language.

        unmet, unmet_ja, …: the sentences; conditions: column, what it is called, its value (null = not known), what is needed.
        """
        languages = self.languages_of_json()
        formats = {language: Formats(language, self.first.currency, self.first.timezone) for language in languages}
        conditions = [
            {
                "column": each.column,
                **self.called(each.column),
                "value": None if each.value != each.value else each.value,
                "at_least": each.at_least,
                "at_most": each.at_most,
                "states": list(each.states),
            }
            for each in compared.unmet
        ]
        unmet = {key("unmet", language): [self._unmet(each, f) for each in compared.unmet] for language, f in formats.items()}
        return compared.to_dict() | unmet | {"conditions": conditions}

    def called(self, column: str) -> dict[str, str]:
        """Return what a column is called, by the JSON key of each language."""
        return {key("called", language): self.columns.called(column, language) for language in self.languages_of_json()}

    def languages_of_json(self) -> tuple[str, ...]:
        """Return English and Japanese, and any other language that is told."""
        return tuple(dict.fromkeys([*BOTH, *(formats.language for formats in self.formats)]))

    def unmet(self, unmet: Unmet) -> tuple[str, ...]:
        """Return a condition that does not hold, in every language that is told."""
        return tuple(self._unmet(unmet, formats) for formats in self.formats)

    def _unmet(self, unmet: Unmet, formats: Formats) -> str:
        language, column = formats.language, unmet.column
        if isinstance(unmet.value, str):
            state = Words(language).state
            return state_sentence(state(unmet.value), [state(each) for each in unmet.states], language)

        def write(value: float, exactly: bool) -> str:
            return self.columns.value(column, value, formats, exactly)

        return sentence(
            unmet, self.columns.called(column, language), write, null=self.columns.value(column, None, formats), language=language
        )

    def predictions(self, predictions: Mapping[str, Any], as_of: Instant | None) -> list[str]:
        """Return one line per prediction; days to the next purchase also as a date."""
        shown = {column: value for column, value in predictions.items() if column not in HIDDEN}
        texts_by_column = [[self._predicted(column, value, as_of, formats) for formats in self.formats] for column, value in shown.items()]
        return [f"  {side_by_side(texts)}" for texts in texts_by_column]

    def _predicted(self, column: str, value: Any, as_of: Instant | None, formats: Formats) -> str:
        shown = self.columns.value(column, value, formats)
        if as_of is not None and column.startswith(DAYS_TO_NEXT) and value is not None and value < CAP_DAYS:
            day = formats.date(Instant(int(as_of + value * DAY)))
            shown = gettext("{days}, on {date}", formats.language).format(days=shown, date=day)
        return f"{self.columns.called(column, formats.language)}: {shown}"

    def factors(self, label: str, moved_by: Sequence[tuple[str, Any, float]]) -> list[str]:
        """Return drivers of one prediction under the model's name, the strongest first.

        With their directions.

        What is called alike is one thing, whose pushes add up: a rhythm is where a model starts and a column as well.
        """
        up, down = WAYS[Label(label)]
        lines = [f"  {self.beside(lambda formats: Words(formats.language).label(Label(label))[0])}"]
        pushes: dict[tuple[str, ...], float] = {}
        for column, value, moved in moved_by:
            wording = tuple(f"{self.columns.called(column, f.language)}: {self.columns.value(column, value, f)}" for f in self.formats)
            pushes[wording] = pushes.get(wording, 0.0) + moved
        for wording, moved in sorted(pushes.items(), key=lambda push: -abs(push[1])):
            if not moved or moved != moved:
                continue
            ways = [f"{gettext(up if moved > 0 else down, f.language)}: {text}" for f, text in zip(self.formats, wording, strict=True)]
            lines.append(f"    {side_by_side(ways)}")
        return lines if len(lines) > 1 else [*lines, f"    {self.beside(lambda formats: gettext(NOTHING_MOVED, formats.language))}"]
