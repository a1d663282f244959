"""Who is turned away at a full channel, or by an empty budget, chooses again before anybody is answered.

It happens inside the transaction that takes the places: what is offered instead is taken at once or not at all, so that
two calls cannot both be told that there is room.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from decisions.comparison import rows_of
from decisions.decide import decide
from decisions.ruling import turned_away
from decisions.showing import show
from otokui.frames import OPEN
from otokui.ports import Ruling
from serving.road import Walked
from serving.state import Live


def chosen_again(live: Live, walked: Walked, index: int, ruling: Ruling) -> Walked | None:
    """Return what is decided about one customer without the channel that turned them away; None where none did."""
    (code,) = turned_away([ruling])
    if code == OPEN:
        return None
    only, made = np.array([index]), walked.decisions
    state = walked.state.rows(only)
    shut = np.full(state.consented.shape, OPEN, dtype=np.int8) if state.shut is None else state.shut.copy()
    shut[0, made.policy.candidates.channel[made.considered[index]]] = code
    state, vectors, summaries = replace(state, shut=shut), walked.vectors.rows(only), walked.summaries.rows(only)
    predictions = rows_of(made.predictions, index)
    decided = decide(predictions, vectors, summaries, state, made.policy, made.as_of, made.summarised_at)
    return Walked(summaries, state, decided if live.lists is None else show(decided, live.lists.fetch), vectors)
