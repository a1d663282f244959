"""Canonical ids, checked by one rule in files, HTTP, ledger and command line.

Stores disagree about odd texts: PostgreSQL refuses NUL, SQLite's JSON functions cut at it, two spellings of one letter are two keys. If
each input had its own rule, one id could name one customer here and another there. So an id is in Unicode's composed form (NFC), 1 to 128
printable characters, without blanks around it; the only blank inside is the space.

Printable is what Python's ``str.isprintable`` returns: no control, format, surrogate, private or unassigned character, no line end. CJK
in every script, combining marks and emoji with a variation selector are permitted. An emoji joined by ZWJ (U+200D) is not: the joiner is
an invisible format character, which mail programs and spreadsheets drop.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import polars as pl

from otokui.errors import BadInput

LONGEST: Final = 128
"""Largest number of characters of an id."""

FIX: Final = f"send an id of 1 to {LONGEST} printable characters in one line: no control, invisible or private character"

_BLANKS: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""Unicode's White_Space, which polars strips too; Python's own ``strip`` takes four control characters more."""

_MOST_CODE_POINTS = 4 * LONGEST
"""Composition makes one character of at most four: a longer text is no id, and is not normalised."""

_ASCII = r"[!-~](?:[ -~]{0,126}[!-~])?"
_PLAIN = re.compile(_ASCII)


def normalised(text: str) -> str:
    """Return an id text in composed form, without blanks around it; idempotent."""
    bare = text.strip(_BLANKS)
    return bare if bare.isascii() or len(bare) > _MOST_CODE_POINTS else unicodedata.normalize("NFC", bare)


def is_canonical(text: str) -> bool:
    """Return whether a text is a canonical id."""
    return _PLAIN.fullmatch(text) is not None or (not fault(text) and normalised(text) == text)


def fault(text: str) -> str:
    """Return why a text cannot become an id; '' if it can.

    The reason quotes nothing of the text but a code point.
    """
    plain = normalised(text)
    if not plain:
        return "it is empty"
    if len(plain) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if plain.isprintable():
        return ""
    place, character = next((i, c) for i, c in enumerate(plain) if not c.isprintable())
    return f"character {place + 1} is U+{ord(character):04X}, which is not printable"


def canonical(text: str, what: str = "the customer id") -> str:
    """Return the canonical id of a text.

    Raises:
        BadInput: no id can be made of it.
    """
    if _PLAIN.fullmatch(text):
        return text
    why = fault(text)
    if why:
        raise BadInput(f"{what} is no id: {why}", fix=FIX)
    return normalised(text)


def canonical_column(column: pl.Series) -> pl.Series:
    """Return the canonical ids of a column of texts, null for invalid ones.

    Plain ASCII is recognised at once; the rest goes through ``normalised``, value by value, so that there is one rule.
    """
    odd = column.filter(~column.str.contains(f"^(?:{_ASCII})$")).unique().drop_nulls().to_list()
    if not odd:
        return column
    canonical_ids = [None if fault(text) else normalised(text) for text in odd]
    return column.replace(pl.Series(odd, dtype=pl.String), pl.Series(canonical_ids, dtype=pl.String))


def without_nul(column: pl.Expr) -> pl.Expr:
    """Return texts that are no ids without NUL; null if nothing is left.

    PostgreSQL cannot store NUL.
    """
    plain = column.str.replace_all("\x00", "", literal=True).str.strip_chars()
    return pl.when(plain != "").then(plain)
