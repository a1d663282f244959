"""Flaws of records: late, doubled, and on request dirty.

Every warehouse gets late and doubled records; readers of this shop must cope with them (data contract: ``known_at``, quarantine). Dirty
rows are off by default, for they take purchases out of what can be learnt.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from otokui.domain import DAY
from simulator.chance import Chance
from simulator.sends import Flags, Ints
from simulator.settings.goods_settings import RecordFlaws

LATEST_DAYS: Final = 3


def late(settings: RecordFlaws, chance: Chance, kind: str, who: Ints, known_at: Ints, day: int, part: Any = 0) -> Ints:
    """Return when records become known, some of them days after ``known_at``."""
    delayed = chance.uniform(f"late {kind}", who, day, part) < settings.late_share
    days = np.where(delayed, 1 + chance.below(f"how late {kind}", who, LATEST_DAYS, day, part), 0)
    return np.asarray(known_at + days * DAY, dtype=np.int64)


def twice(settings: RecordFlaws, chance: Chance, columns: dict[str, Any], who: Ints, day: int, part: Any) -> dict[str, Any]:
    """Return the rows with some of them standing there a second time."""
    again = np.flatnonzero(chance.uniform("twice", who, day, part) < settings.duplicate_share)
    rows = np.concatenate([np.arange(len(who)), again])
    return {name: values[rows] for name, values in columns.items()}


def dirty(settings: RecordFlaws, chance: Chance, kind: str, who: Ints, day: int, part: Any = 0) -> Flags:
    """Return which rows get a mistake."""
    if settings.dirty_share == 0.0:
        return np.zeros(len(who), dtype=np.bool_)
    return np.asarray(chance.uniform(f"dirty {kind}", who, day, part) < settings.dirty_share)
