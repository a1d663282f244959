"""What people call a message or a channel: as the shop wrote it, in English and Japanese, and by the catalogues in any other language.

The titles of the presets are messages of the catalogues too, so that a shop which keeps them can be read in a third language.
"""

from __future__ import annotations

from typing import Final

from otokui.wording.i18n import Text

TITLE: Final = "title"
"""Their context in the catalogues."""


def title_of(title: str, title_ja: str) -> Text:
    """Return a title; where a language has none of its own, it is the English one."""
    return Text(title, TITLE, own={"en": title, "ja": title_ja})
