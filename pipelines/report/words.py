"""What the page says, in English and in Japanese, read from one table so that neither language falls behind."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from decisions.words.state_words import state_called
from otokui.domain import Label

_TABLES = sorted(Path(__file__).parent.glob("words*.toml"))
UNKNOWN = "–"


@cache
def table() -> dict[str, dict[str, dict[str, str]]]:
    """Return section -> key -> language -> text, of all files of words together."""
    together: dict[str, dict[str, dict[str, str]]] = {}
    for path in _TABLES:
        for section, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
            together.setdefault(section, {}).update(texts)
    return together


class Words:
    """The page's words in one language; ``words("key", name=…)`` fills in what the sentence leaves open."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **filled: object) -> str:
        """Return a sentence."""
        return table()["page"][key][self.language].format(**filled)

    def label(self, label: Label) -> tuple[str, str]:
        """Return what a model is called, and what it predicts in plain words."""
        return table()["labels"][label][self.language], table()["label_says"][label][self.language]

    def state(self, name: str | None) -> str:
        """Return a customer state; one this build does not know is shown as it is."""
        return state_called(name or UNKNOWN, self.language)

    def status(self, name: str) -> str:
        """Return a decision's status, or a group."""
        return self._known("statuses", name)

    def metric(self, name: str) -> str:
        """Return a metric in words; its own name where it has none."""
        return self._known("metrics", name)

    def slice(self, name: str) -> str:
        """Return a kind of customer that a model was judged on."""
        return self._known("slices", name)

    def plot(self, kind: str) -> str:
        """Return the caption of a picture."""
        return self._known("plots", kind)

    def _known(self, section: str, name: str) -> str:
        said = table()[section].get(name)
        return name.replace("_", " ") if said is None else said[self.language]
