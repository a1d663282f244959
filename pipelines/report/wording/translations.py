"""Translations of the page's sentences: English in code, other languages in catalogues."""

from __future__ import annotations

from collections.abc import Mapping

from decisions.wording.customer_states import state_name
from otokui.domain import Label
from otokui.wording.i18n import SOURCE, Translatable, gettext, in_language, paired, pgettext
from otokui.wording.stored_text import translate_stored
from pipelines.report.wording.metrics import OF_HORIZON
from pipelines.report.wording.model_names import LABELS, METRICS, PLOTS, PREDICTS, SLICES, STATUSES

UNKNOWN = "–"


class Words:
    """Sentences of the page in one language, by ``words("Data through {date}", date=…)``.

    What a sentence leaves open is filled in.
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, message: str, /, **filled: object) -> str:
        """Return a sentence."""
        return gettext(message, self.language).format(**filled)

    def translated(self, text: Translatable | str) -> str:
        """Return a text that knows its languages."""
        return in_language(text, self.language)

    def paragraph(self, sentences: list[str]) -> str:
        """Return sentences one after the other."""
        return paired(gettext("{first} {second}", self.language), sentences)

    def listed(self, names: list[str]) -> str:
        """Return names as a list."""
        return paired(gettext("{first}, {second}", self.language), names)

    def within(self, text: str) -> str:
        """Return a text as it stands within a sentence.

        English begins one with a small letter.
        """
        return text[:1].lower() + text[1:] if self.language == SOURCE else text

    def stored(self, text: str) -> str:
        """Return a sentence that a file keeps in English."""
        return translate_stored(text, self.language)

    def known(self, message: str) -> str:
        """Return the translation of a marked sentence, or the text as it is."""
        return gettext(message, self.language)

    def label(self, label: Label) -> tuple[str, str]:
        """Return what a model is called, and what it predicts in plain words."""
        return gettext(LABELS[label], self.language), gettext(PREDICTS[label], self.language)

    def state(self, name: str | None) -> str:
        """Return a customer state; one this build does not know is shown as it is."""
        return state_name(name or UNKNOWN, self.language)

    def status(self, name: str) -> str:
        """Return a decision's status, or a group."""
        return self._known(STATUSES, name, "status")

    def metric(self, name: str) -> str:
        """Return a metric's name, with its horizon if it has one.

        Its code where it has no name.
        """
        match = OF_HORIZON.match(name)
        if match is None:
            return self._known(METRICS, name, "metric")
        within = gettext("within {days} days", self.language).format(days=match["days"])
        return gettext("{metric}, {within}", self.language).format(metric=self._known(METRICS, match["name"], "metric"), within=within)

    def slice(self, name: str) -> str:
        """Return a kind of customer that a model was judged on."""
        return self._known(SLICES, name)

    def plot(self, kind: str) -> str:
        """Return the caption of a picture."""
        return self._known(PLOTS, kind)

    def _known(self, messages: Mapping[str, str], name: str, context: str = "") -> str:
        message = messages.get(name)
        return name.replace("_", " ") if message is None else pgettext(context, message, self.language)
