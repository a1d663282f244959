"""Choice of the best contact by customer, or of one best contact for all.

Taking the highest of several uncertain effects picks the luckiest as often as the best. So the choice for each customer
is used only where customers it has not seen gained by it, by more than a standard error; else everybody gets the one
that is best over all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.frames import Floats, Ints
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.effects import FOLDS, Effects, learn_effects
from training.uplift.pseudo_outcomes import fold_of


@dataclass(frozen=True, slots=True)
class EffectChoice:
    """Choice of contacts: best cell over all, by customer or not, gain and error.

    gain, error: why, per customer.
    """

    best: int
    personal: bool
    gain: float
    error: float

    def __call__(self, effects: Floats) -> Ints:
        """Return the cell for each customer, from effects (n, K)."""
        if self.personal:
            return np.asarray(effects.argmax(axis=1), dtype=np.int64)
        return np.full(len(effects), self.best, dtype=np.int64)


def learn_choice(rows: ContactRows, cells: Cells, effects: Effects, *, seed: int = 0) -> EffectChoice:
    """Return the choice that held-out customers confirm; ``effects`` were learnt from the same rows."""
    fold = fold_of(rows.customers, FOLDS, seed)
    boost = effects.booster is not None or effects.outlook.response is not None
    picked = np.zeros(len(rows), dtype=np.int64)
    for held in range(FOLDS):
        there = fold == held
        found = learn_effects(rows.rows(~there), cells, seed=seed, boost=boost)
        some = rows.rows(there)
        picked[there] = found.mean(found.columns(rows.names, some.matrix)).argmax(axis=1)
    best = int(np.argmax([effects.pseudo[rows.cell == cell].mean() for cell in range(len(cells))]))
    gain, variance = 0.0, 0.0
    for cell in range(len(cells)):
        there = rows.cell == cell
        # What the choice for each adds over the best for all, among those of whom this cell's effect was seen.
        each = effects.pseudo[there] * ((picked[there] == cell).astype(np.float64) - float(cell == best))
        gain += float(each.mean())
        variance += float(each.var()) / len(each)
    error = float(np.sqrt(variance))
    return EffectChoice(best, gain > error, gain, error)
