"""How far back a history goes, said from what to what: a shop of one busy day reaches back as far as one asks from.

Without its two ends, the same shop had a history of no days in one error and of nineteen in another.
"""

from __future__ import annotations

from otokui.counting import counted


def reaches_back(days: float, until: str) -> str:
    """Return that the first purchase lies so many days before ``until``, e.g. the end of training."""
    return f"the first purchase lies {'less than a day' if days < 1.0 else counted(days, 'day')} before {until}"
