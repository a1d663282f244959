"""How large the trees of a label are: as the shop's size suggests, or small ones whose sum is nearly additive.

Where what bears on an outcome adds up (the options of a contract), trees of four leaves say it with less variance than large ones;
where it interacts, large ones win. Neither is known of a shop beforehand, so one booster of each is fitted on the rows to learn
from, and the held-out rows choose, where early stopping asks them anyway. (Hastie, Tibshirani and Friedman, The Elements of Statistical
Learning, 2nd ed., 10.11: the size of the trees should be that of the dominant interactions, seldom more than a handful of leaves.)

Asked for churn and future loyalty only. Purchases and money start from the rhythm, and what is left over of it is no sum: there
the choice was tried, followed chance, and cost a little (docs/benchmarks.md, contracts).
"""

from __future__ import annotations

from typing import Final

from otokui.domain import Label
from training import boost
from training.prepare import Prepared
from training.task import Task

FEW_LEAVES: Final = 4
"""Main effects, and what two or three columns say together."""
ASKED: Final = (Label.CHURN, Label.FUTURE_LOYAL)


def sized(task: Task, prepared: Prepared, tuned: boost.Params | None = None) -> tuple[boost.Params, tuple[boost.Boosted, ...]]:
    """Return the parameters to fit a label with, and the booster that was fitted with them on the way, if one was.

    A number of leaves that was tuned stays as it is.
    """
    usual = boost.parameters(prepared.label, task.settings, len(prepared.learn.rows), len(prepared.split.learn), tuned)
    settled = prepared.label not in ASKED or "num_leaves" in (tuned or {}) or int(usual["num_leaves"]) <= FEW_LEAVES
    if settled or not prepared.enough:
        return usual, ()
    few = {**usual, "num_leaves": FEW_LEAVES}
    tried = [(params, _stopped(task, prepared, params)) for params in (usual, few)]
    params, begun = min(tried, key=lambda each: min(each[1].learning))
    return params, (begun,)


def _stopped(task: Task, prepared: Prepared, params: boost.Params) -> boost.Boosted:
    return boost.boost(prepared.learn.examples, task.names, params, task.settings.rounds, prepared.held_out.examples)
