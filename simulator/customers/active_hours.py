"""When customers read and buy: hours of the week by kind of person.

Five daily shapes (commuters, lunch, evening, morning at home, late night), an hour and a half later at weekends, are the
shapes that studies of opening times and of e-commerce sessions agree on. Peaks are wide, so that a near miss costs little.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from simulator.chance import Chance
from simulator.customers.people import CHRONOTYPES, People
from simulator.sends import Floats, Ints

HOURS: Final = 24
LATER_AT_WEEKENDS: Final = 1.5
_PEAKS: Final = (
    ((7.5, 1.0), (18.5, 1.0)),
    ((12.3, 1.6), (20.0, 0.6)),
    ((20.5, 1.8), (12.5, 0.4)),
    ((10.0, 1.7), (14.5, 0.6)),
    ((22.0, 1.7), (8.0, 0.3)),
)
"""Hours and heights of the peaks of each kind of person."""
WAKING: Final = slice(8, 21)


def _shapes() -> Floats:
    """Return weights by (weekend, chronotype, hour), mean one over the hours in which shops may send."""
    hours = np.arange(HOURS) + 0.5
    shapes = np.full((2, CHRONOTYPES, HOURS), 0.12)
    for weekend in (0, 1):
        for kind, peaks in enumerate(_PEAKS):
            for at, height in peaks:
                away = (hours - at - LATER_AT_WEEKENDS * weekend + HOURS / 2) % HOURS - HOURS / 2
                shapes[weekend, kind] += height * np.exp(-0.5 * (away / 1.8) ** 2)
    made: Floats = shapes / shapes[:, :, WAKING].mean(axis=2, keepdims=True)
    return made


SHAPES: Final = _shapes()
_STEPS: Final = np.cumsum(SHAPES, axis=2) / SHAPES.sum(axis=2, keepdims=True)


def attentive(people: People, who: Ints, weekend: bool, hour: Ints, matters: Any) -> Floats:
    """Return attention at a local hour relative to the waking day's mean, (k,).

    ``matters`` 0 = any hour is alike.
    """
    shape = SHAPES[int(weekend), people.chronotype[who], hour]
    attention: Floats = 1.0 - matters + matters * shape
    return attention


def seconds_of_day(people: People, who: Ints, weekend: bool, chance: Chance, mechanism: str, day: int, part: Any = 0) -> Ints:
    """Return drawn local seconds of the day of a customer's action, (k,)."""
    u = chance.uniform(mechanism, who, day, part)
    hour = (_STEPS[int(weekend), people.chronotype[who]] < u[:, None]).sum(axis=1)
    seconds: Ints = hour * 3_600 + chance.below(f"{mechanism} minute", who, 3_600, day, part)
    return seconds
