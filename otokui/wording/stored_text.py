"""Translation of sentences that files store in English.

A model's manifest stores which data was too scarce, a forecast stores its notes: their bytes must stay, so the sentence is recognised by
its message (context ``kept`` of the catalogues) and its numbers are put into the translation.
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
"""How a file stores two sentences as one."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """Stored sentence by language; English is among them."""

    texts: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """Return the sentence in a language: as stored, else translated from English."""
        return self.texts.get(language) or translate_stored(self.texts[SOURCE], language)


def translate_stored(text: str, language: str) -> str:
    """Return a stored sentence in a language.

    A sentence without a matching message stays as it is.
    """
    if language == SOURCE or not text:
        return text
    for pattern, message in _patterns(language):
        match = pattern.fullmatch(text)
        if match is not None:
            filled = {name: laid_out(translate_stored(value, language), language) for name, value in match.groupdict().items()}
            if message == JOINT and filled == match.groupdict():
                return text
            return pgettext(KEPT, message, language).format(**filled)
    return text


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return a pattern for each stored message, those with the most words first."""
    stored = sorted(messages(language, KEPT), key=len, reverse=True)
    return tuple((re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(message))), message) for message in stored)
