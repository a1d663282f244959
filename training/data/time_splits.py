"""Time splits: cut-offs of a history, to learn from, stop on and judge on.

Time only runs forward here: what judges lies after what taught, and no label's window reaches over the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from otokui.domain import DAY, CutoffDate, Instant
from otokui.errors import NotEnoughData
from otokui.settings.training import Training
from otokui.wording.i18n import NP_

LONGEST_REFERENCE_DAYS, SHORTEST_REFERENCE_DAYS = 90, 7
"""Counts and money are learnt over the longest horizon asked for between these that fits four times into the history."""
TELLING_PURCHASES, TELLING_DAYS = 4.0, 28
"""Or over the shortest in which the mean customer makes so many purchases, and every weekday comes as often: where people
come every week, a quarter tells no more of the rate than a month, and what was learnt is older by the difference."""
HAZARD_LEAST_DAYS = 7
"""A cut-off this close to the end still shows the first periods of the wait."""
WARM_UP_DAYS = 28
LEAST_DAYS = 2 * WARM_UP_DAYS
"""A shorter history is not learnt from by windows: half of it would be gone before the first cut-off."""

NOT_SO_LONG = NP_("kept", "it looks {days} days ahead, and the longest any cut-off was followed is {longest} days")


@dataclass(frozen=True, slots=True)
class CutoffPlan:
    """Cut-offs of a history, ascending, and the reference horizon of counts and money."""

    cutoffs: tuple[CutoffDate, ...]
    first_at: Instant
    train_through: Instant
    reference_days: int

    @property
    def observed_days(self) -> float:
        """Days from the first record to the end of training."""
        return (self.train_through - self.first_at) / DAY


@dataclass(frozen=True, slots=True)
class Split:
    """Cut-offs to learn from, the held-out one, and all for a final fit.

    All are instants.

    by_customer: no earlier cut-off's window ends before the held-out one begins, so a share of the
    customers is held out instead, and the figures say less about time.
    """

    learn: tuple[Instant, ...]
    held_out: Instant
    final: tuple[Instant, ...]
    by_customer: bool


def plan(
    first_at: Instant, train_through: Instant, settings: Training, horizons_days: Sequence[int], purchases_a_day: float = 0.0
) -> CutoffPlan:
    """Return the cut-offs to summarise at; purchases_a_day: of the mean customer since the first purchase.

    They go back from the end in equal steps: at most ``settings.cutoffs`` of them, at most ``step_days`` apart and closer in a
    short history, so that six months give eight and not four. A history shorter than LEAST_DAYS has one, its end: it shows who is
    there, and no window after it.
    """
    observed = (train_through - first_at) / DAY
    if observed < LEAST_DAYS:
        return CutoffPlan((CutoffDate(train_through),), first_at, train_through, SHORTEST_REFERENCE_DAYS)
    fitting = [d for d in horizons_days if SHORTEST_REFERENCE_DAYS <= d <= LONGEST_REFERENCE_DAYS and 4 * d <= observed]
    telling = [d for d in fitting if d >= TELLING_DAYS and d * purchases_a_day >= TELLING_PURCHASES]
    reference = min(telling, default=max(fitting, default=SHORTEST_REFERENCE_DAYS))
    warm_up = max(WARM_UP_DAYS, 0.1 * observed)
    room = observed - warm_up - HAZARD_LEAST_DAYS
    step = max(7, min(settings.step_days, int(room // 8)))
    count = max(1, min(settings.cutoffs, int(room // step) + 1))
    # The newest cut-off that shows a whole reference window is among them: it is the freshest full example there is.
    newest = train_through - HAZARD_LEAST_DAYS * DAY - int((reference - HAZARD_LEAST_DAYS) % step) * DAY
    cutoffs = [newest - k * step * DAY for k in range(count)]
    return CutoffPlan(
        tuple(CutoffDate(Instant(at)) for at in reversed(cutoffs) if at >= first_at + warm_up * DAY), first_at, train_through, reference
    )


def split(cutoffs: Sequence[Instant], train_through: Instant, horizon_days: float) -> Split:
    """Return what a label with windows of ``horizon_days`` learns from and is judged on.

    Raises:
        NotEnoughData: not one window of that length ends before the end of training.
    """
    whole = [at for at in sorted(cutoffs) if at + horizon_days * DAY <= train_through]
    if not whole:
        longest = max(((train_through - at) / DAY for at in cutoffs), default=0.0)
        raise NotEnoughData(
            NOT_SO_LONG.format(days=f"{horizon_days:g}", longest=f"{longest:g}"),
            fix="bring more history, or ask for a shorter horizon",
        )
    held_out = whole[-1]
    learn = tuple(at for at in whole if at + horizon_days * DAY <= held_out)
    if learn:
        return Split(learn, held_out, tuple(whole), by_customer=False)
    return Split(tuple(whole), held_out, tuple(whole), by_customer=True)
