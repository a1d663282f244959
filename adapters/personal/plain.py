"""Normalisation of text before detection: NFKC, no invisible characters, one dash between digits.

People type a telephone number with the long-vowel mark of katakana as often as with a hyphen. In words that mark must stay.
"""

from __future__ import annotations

import re
import unicodedata

DASHES = "ー－‐‑‒–—―−ｰ﹣－⁃─━~〜～"
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0e\ufe0f"

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_DASH = re.compile(rf"(?<=[\d)丁目番地])\s?[{re.escape(DASHES)}-]\s?(?=[\d(])")
_BLANKS = re.compile(r"\s+")


def plain(text: str) -> str:
    """Normalise ``text``: NFKC, no invisible characters, single blanks, hyphens between digits."""
    if text.isascii():
        return _DASH.sub("-", _BLANKS.sub(" ", text)).strip()
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return _DASH.sub("-", _BLANKS.sub(" ", folded)).strip()
