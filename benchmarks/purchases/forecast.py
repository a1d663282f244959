"""Forecast of one method for the benchmark's rows.

What it does not predict is None and stays empty in the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from otokui.frames import Floats


@dataclass(frozen=True, slots=True)
class Forecast:
    """One method's answers for ``n`` customers.

    rank: who is likelier to buy, any unit; chance of a purchase within the horizon; mean and median number of purchases;
    money: who will spend more, any unit; days: median days to the next purchase; all (n,). curve: chance by each day
    of the protocol's grid, (n, G).
    """

    name: str
    rank: Floats
    chance: Floats | None = None
    mean: Floats | None = None
    median: Floats | None = None
    money: Floats | None = None
    days: Floats | None = None
    curve: Floats | None = None
