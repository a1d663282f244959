"""Contact rows to learn uplift from: message, propensity, treatment and outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from otokui.errors import BadInput
from otokui.frames import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Cells:
    """``K`` things that can be said over something, and what they share.

    levels: for each attribute (scenario, channel, ...) the code of each cell, (K,); prior, spread: (K,) effect
    assumed before any data, and its standard deviation.
    """

    names: tuple[str, ...]
    levels: Mapping[str, Ints]
    prior: Floats
    spread: Floats

    @classmethod
    def alike(cls, names: tuple[str, ...]) -> Cells:
        """Return cells that share nothing and of which nothing is assumed."""
        return cls(names, {}, np.zeros(len(names)), np.full(len(names), np.inf))

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class ContactRows:
    """Contact rows: ``n`` planned contacts, each sent or held back by chance.

    matrix: (n, p) features before the contact, NaN where not known; cell: (n,) what was meant; contacted: (n,); chance: (n,) of being
    contacted, in (0, 1); outcome: (n,); customers: (n,) codes, so that nobody is judged by a model that knows them; reach: (n,) how well
    what was meant was stated to fit, relative to the customer in the middle; None = all alike; of_late: (n,) contacts recently before
    this one, None = not told; at, until: (n,) when the contact was, and when the days ended in which its outcome counts, UTC seconds;
    None = not told.
    """

    names: tuple[str, ...]
    matrix: Floats
    cell: Ints
    contacted: Bools
    chance: Floats
    outcome: Floats
    customers: Ints
    reach: Floats | None = None
    of_late: Floats | None = None
    at: Ints | None = None
    until: Ints | None = None

    def __post_init__(self) -> None:
        if not ((self.chance > 0.0) & (self.chance < 1.0)).all():
            raise BadInput(
                "a chance of being contacted is not between 0 and 1",
                fix="leave out rows whose customer could only be contacted, or only be held back: they compare with nobody",
            )

    def rows(self, index: Ints | Bools) -> ContactRows:
        """Return some of the rows."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return ContactRows(**{name: each if name == "names" or each is None else each[index] for name, each in columns.items()})

    def __len__(self) -> int:
        return len(self.outcome)
