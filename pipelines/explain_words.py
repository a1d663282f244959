"""The parts of an explanation that are columns and numbers, as sentences in English and Japanese, in the shop's own money and dates.

Kept apart from ``pipelines.explain``, which lays an explanation out: here stands how one condition, prediction or
factor is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from decisions.comparison import Compared
from decisions.words.unmet import Unmet, sentence, state_sentence
from otokui.domain import DAY, Instant, Label
from otokui.settings import Settings
from pipelines.moment_words import HOURS, WEEKDAYS
from pipelines.report.column_words import Columns
from pipelines.report.gather import titles
from pipelines.report.numbers import Formats
from pipelines.report.words import Words
from scoring.survival import CAP_DAYS

HIDDEN = ("customer_id", "as_of", *WEEKDAYS, *HOURS)
"""Columns of the predictions file that an explanation tells in its head, or as one likeliest moment."""
DAYS_TO_NEXT = "days_to_next_"
WAYS = {
    Label.NEXT_PURCHASE: ("sooner", "早まる", "later", "遅くなる"),
    Label.PURCHASE_COUNT: ("more often", "増える", "less often", "減る"),
    Label.SPEND: ("more", "増える", "less", "減る"),
    Label.CHURN: ("likelier to leave", "離れやすい", "likelier to stay", "離れにくい"),
    Label.FUTURE_LOYAL: ("likelier", "なりやすい", "less likely", "なりにくい"),
}
"""What a push means, by model: up in English and Japanese, down in both."""
NOTHING_MOVED = "nothing on record moved it  (予測を動かした記録はありません)"


@dataclass(frozen=True, slots=True)
class Spoken:
    """How one shop is spoken to: its columns, its numbers in both languages, and what its messages and channels are called."""

    columns: Columns
    english: Formats
    japanese: Formats
    titles: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take names, currency and time zone of the settings."""
        shop = settings.shop
        english, japanese = (Formats(language, shop.currency, shop.timezone) for language in ("en", "ja"))
        return cls(Columns(settings.records.attributes), english, japanese, titles(settings))

    def message(self, name: str) -> str:
        """Return what people call a message in both languages, with the name that the send engine knows."""
        return f"{' / '.join(self.titles[name])} ({name})" if name in self.titles else name

    def channel(self, name: str) -> str:
        """Return what people call a channel."""
        return self.titles[name][0] if name in self.titles else name

    def candidate(self, compared: Compared) -> dict[str, Any]:
        """Return a candidate ready for JSON, with its conditions that do not hold in both languages and for programs.

        unmet, unmet_ja: the sentences; conditions: column, what it is called, its value (null = not known), what is needed.
        """
        said = [self.unmet(each) for each in compared.unmet]
        conditions = [
            {
                "column": each.column,
                "called": self.columns.called(each.column),
                "called_ja": self.columns.called(each.column, "ja"),
                "value": None if each.value != each.value else each.value,
                "at_least": each.at_least,
                "at_most": each.at_most,
                "states": list(each.states),
            }
            for each in compared.unmet
        ]
        return compared.to_dict() | {"unmet": [e for e, _ in said], "unmet_ja": [j for _, j in said], "conditions": conditions}

    def unmet(self, unmet: Unmet) -> tuple[str, str]:
        """Return a condition that does not hold, English and Japanese."""
        return self._unmet(unmet, self.english), self._unmet(unmet, self.japanese)

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
        """Return a line for each prediction; days to the next purchase also as the date they come to."""
        lines = []
        for column, value in predictions.items():
            if column not in HIDDEN:
                english, japanese = (self._predicted(column, value, as_of, formats) for formats in (self.english, self.japanese))
                lines.append(f"  {english}  ({japanese})")
        return lines

    def _predicted(self, column: str, value: Any, as_of: Instant | None, formats: Formats) -> str:
        said = self.columns.value(column, value, formats)
        if as_of is not None and column.startswith(DAYS_TO_NEXT) and value is not None and value < CAP_DAYS:
            day = formats.date(Instant(int(as_of + value * DAY)))
            said = f"{said} · {day}" if formats.language == "ja" else f"{said}, on {day}"
        return f"{self.columns.called(column, formats.language)}: {said}"

    def factors(self, label: str, moved_by: Sequence[tuple[str, Any, float]]) -> list[str]:
        """Return under a model's name what moved its prediction for one customer, the strongest first, and which way.

        What is called alike is one thing, whose pushes add up: a rhythm is where a model starts and a column as well.
        """
        up, up_ja, down, down_ja = WAYS[Label(label)]
        titles = [Words(formats.language).label(Label(label))[0] for formats in (self.english, self.japanese)]
        lines = [f"  {titles[0]}  ({titles[1]})"]
        pushes: dict[tuple[str, str], float] = {}
        for column, value, moved in moved_by:
            said = [
                f"{self.columns.called(column, f.language)}: {self.columns.value(column, value, f)}" for f in (self.english, self.japanese)
            ]
            pushes[said[0], said[1]] = pushes.get((said[0], said[1]), 0.0) + moved
        for (english, japanese), moved in sorted(pushes.items(), key=lambda push: -abs(push[1])):
            if not moved or moved != moved:
                continue
            lines.append(f"    {up if moved > 0 else down}: {english}  ({up_ja if moved > 0 else down_ja}: {japanese})")
        return lines if len(lines) > 1 else [*lines, f"    {NOTHING_MOVED}"]
