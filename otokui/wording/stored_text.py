"""Sentences that a file keeps in English, finished, put into another language when they are shown.

A model's manifest says what there was too little of, a forecast keeps its notes: their bytes must stay, so the sentence is
recognised by the message it was made from (context ``kept`` of the catalogues) and its numbers are put into the translation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from otokui.wording.i18n import NP_, SOURCE, messages, pgettext
from otokui.wording.numerals import laid_out

KEPT: Final = "kept"
JOINT: Final = NP_("kept", "{first}; {second}")
"""How a file keeps two sentences as one."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """A sentence as a file keeps it, by language; English is among them."""

    texts: Mapping[str, str]

    def said(self, language: str) -> str:
        """Return it in a language: as it was kept, else from the English."""
        return self.texts.get(language) or retold(self.texts[SOURCE], language)


def retold(text: str, language: str) -> str:
    """Return a kept sentence in a language; what no message of the catalogue fits is shown as it was kept."""
    if language == SOURCE or not text:
        return text
    for pattern, message in _patterns(language):
        found = pattern.fullmatch(text)
        if found is not None:
            filled = {name: laid_out(retold(value, language), language) for name, value in found.groupdict().items()}
            if message == JOINT and filled == found.groupdict():
                return text
            return pgettext(KEPT, message, language).format(**filled)
    return text


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return how each message looks with its places filled in, those with the most words first."""
    kept = sorted(messages(language, KEPT), key=len, reverse=True)
    return tuple((re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(message))), message) for message in kept)
