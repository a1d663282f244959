"""One customer, two customers: a number with what it counts, as an English sentence has it.

In the vocabulary because every room tells people how many; written out at each place, some of them said "1 customers".
"""

from __future__ import annotations


def counted(many: float, what: str) -> str:
    """Return ``1 earlier window``, ``1,234 customers``; ``what`` in the singular, of a word that takes an s. Rounded to whole ones."""
    whole = round(many)
    return f"{whole:,} {what}{'' if whole == 1 else 's'}"
