"""Tree size of a label: by the shop's size, or small and nearly additive.

Where what bears on an outcome adds up (the options of a contract), trees of few leaves say it with less variance than large ones;
where it interacts, large ones win. Neither is known of a shop beforehand, so one booster of each is fitted on the rows to learn
from, and the held-out rows choose, where early stopping asks them anyway. (Hastie, Tibshirani and Friedman, The Elements of Statistical
Learning, 2nd ed., 10.11: the size of the trees should be that of the dominant interactions, seldom more than a handful of leaves.)

Asked for churn and future loyalty only. Purchases and money start from the rhythm, and what is left over of it is no sum: there
the choice was tried, followed chance, and cost a little (docs/benchmarks/contracts.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from otokui.domain import Label
from training.boosting import lightgbm_fit
from training.fitting.examples import PreparedLabel
from training.fitting.task import Task

FEW_LEAVES: Final = 4
"""Main effects, and what two or three columns say together."""
TWO_LEAVES: Final = 2
"""Main effects alone, a generalised additive model. Tried where every customer is held out in turn, so that everybody chooses."""
ASKED: Final = (Label.CHURN, Label.FUTURE_LOYAL)


def sized(
    task: Task, folds: Sequence[PreparedLabel], tuned: lightgbm_fit.Params | None = None
) -> tuple[lightgbm_fit.Params, tuple[lightgbm_fit.Boosted, ...]]:
    """Return parameters with a tree size, and each fold's booster fitted with them.

    No booster where none was fitted on the way.

    A number of leaves that was tuned stays as it is.
    """
    first = folds[0]
    usual = lightgbm_fit.parameters(first.label, task.settings, len(first.learn.rows), len(first.split.learn), tuned)
    smaller = [few for few in ((FEW_LEAVES,) if len(folds) == 1 else (FEW_LEAVES, TWO_LEAVES)) if few < int(usual["num_leaves"])]
    if first.label not in ASKED or "num_leaves" in (tuned or {}) or not smaller or not first.enough:
        return usual, ()
    tried = []
    for params in (usual, *({**usual, "num_leaves": few} for few in smaller)):
        begun = tuple(_stopped(task, fold, params) for fold in folds)
        tried.append((sum(len(fold.held_out.rows) * min(one.learning) for fold, one in zip(folds, begun, strict=True)), params, begun))
    _, params, begun = min(tried, key=lambda each: each[0])
    return params, begun


def _stopped(task: Task, prepared: PreparedLabel, params: lightgbm_fit.Params) -> lightgbm_fit.Boosted:
    return lightgbm_fit.boost(prepared.learn.examples, task.names, params, task.settings.rounds, prepared.held_out.examples)
