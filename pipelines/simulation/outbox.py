"""Outbox of decided contacts that are not yet sent, the same for every policy.

A contact decided for a later day waits here. On the morning of its day it is checked again, as any send engine does that honours an
unsubscribe: what the records now forbid is withdrawn, not sent.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from otokui.domain import Instant
from pipelines.simulation.referee import Referee
from simulator.sends import Sends


@dataclass(slots=True)
class Outbox:
    """Holds contacts until their day.

    refuses: rules that this engine enforces on every contact; of those that waited, the rules of record are enforced
    whatever the policy.
    """

    referee: Referee
    refuses: Collection[str] = ()
    _waiting: Sends = field(default_factory=Sends.none)

    def hand_over(self, decided: Sends, as_of: Instant, until: Instant) -> tuple[Sends, int]:
        """Queue tonight's contacts; return those due before ``until``, and the number withdrawn."""
        early = self._waiting.send_at < until
        waited, self._waiting = self._waiting.take(early), self._waiting.take(~early)
        broken = self.referee.broken(waited, as_of, only_records=True)
        stands = ~np.logical_or.reduce([np.zeros(len(waited), dtype=bool), *broken.values()])
        today = decided.send_at < until
        self._waiting = self._waiting.plus(decided.take(~today))
        going = waited.take(stands).plus(decided.take(today))
        permitted = self.referee.permitted(going, as_of, self.refuses) if self.refuses else np.ones(len(going), dtype=bool)
        return going.take(permitted), int((~stands).sum())
