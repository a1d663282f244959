"""Titles of messages and channels for people, in the shop's and the catalogues' languages.

English and Japanese are as the shop wrote them. The titles of the presets are messages of the catalogues too, so that a shop with these
titles can be read in a third language.
"""

from __future__ import annotations

from typing import Final

from otokui.wording.i18n import Text

TITLE: Final = "title"
"""Context of titles in the catalogues."""


def title_of(title: str, title_ja: str) -> Text:
    """Return a title; a language without one falls back to English."""
    return Text(title, TITLE, own={"en": title, "ja": title_ja})
