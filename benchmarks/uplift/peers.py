"""Ours and the peers, each a function: learn on one half, rank the other. Untuned, with the settings people start from."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import lightgbm
import numpy as np
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler
from sklift.models import ClassTransformation

from benchmarks.uplift.experiments import Experiment
from otokui.frames import Floats, Ints
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.effects import Effects, learn_effects

warnings.filterwarnings("ignore", category=FutureWarning)
_TREES = {"n_estimators": 100, "num_leaves": 15, "learning_rate": 0.05, "min_child_samples": 100, "n_jobs": 1, "verbosity": -1}


def contacts(half: Experiment, outcome: str, arms: Ints) -> ContactRows:
    """Return contact rows of some arms against no contact, each arm a cell.

    A customer without contact is compared with every arm.
    """
    parts = []
    for cell, arm in enumerate(arms):
        there = np.flatnonzero((half.arm == arm) | (half.arm == 0))
        parts.append((there, np.full(len(there), cell), half.arm[there] == arm, np.full(len(there), (half.arm[there] == arm).mean())))
    rows, cell, contacted, chance = (np.concatenate(part) for part in zip(*parts, strict=True))
    return ContactRows(half.names, half.matrix[rows], cell, contacted, chance, half.outcomes[outcome][rows], rows)


def ours(half: Experiment, outcome: str, seed: int, arms: tuple[int, ...] = (1,)) -> Effects:
    """Learn the effects of the arms with what `otokui train` uses."""
    names = tuple(str(arm) for arm in arms)
    return learn_effects(contacts(half, outcome, np.array(arms)), Cells.alike(names), seed=seed)


def _ours(learn: Experiment, judge: Experiment, outcome: str, seed: int) -> Floats:
    found = ours(learn, outcome, seed)
    ranked: Floats = found.mean(found.columns(judge.names, judge.matrix))[:, 0]
    return ranked


def _doubly_robust_ridge(learn: Experiment, judge: Experiment, outcome: str, seed: int) -> Floats:
    scaler = StandardScaler().fit(learn.matrix)
    x, w, y = scaler.transform(learn.matrix), learn.arm, learn.outcomes[outcome]
    chance, expected = w.mean(), np.zeros((2, len(y)))
    for there, held in KFold(5, shuffle=True, random_state=seed).split(x):
        for arm in (0, 1):
            mine = there[w[there] == arm]
            expected[arm, held] = Ridge(100.0).fit(x[mine], y[mine]).predict(x[held])
    pseudo = expected[1] - expected[0] + np.where(w == 1, (y - expected[1]) / chance, -(y - expected[0]) / (1 - chance))
    ranked: Floats = RidgeCV(np.logspace(1, 5, 9)).fit(x, pseudo).predict(scaler.transform(judge.matrix))
    return ranked


def _response(learn: Experiment, judge: Experiment, outcome: str, seed: int) -> Floats:
    del seed
    found = lightgbm.LGBMClassifier(**_TREES).fit(learn.matrix, learn.outcomes[outcome])
    ranked: Floats = found.predict_proba(judge.matrix)[:, 1]
    return ranked


def _two_models(learn: Experiment, judge: Experiment, outcome: str, seed: int) -> Floats:
    del seed
    said = []
    for arm in (0, 1):
        there = learn.arm == arm
        found = lightgbm.LGBMClassifier(**_TREES).fit(learn.matrix[there], learn.outcomes[outcome][there])
        said.append(found.predict_proba(judge.matrix)[:, 1])
    return said[1] - said[0]


def _class_transformation(learn: Experiment, judge: Experiment, outcome: str, seed: int) -> Floats:
    del seed
    found = ClassTransformation(lightgbm.LGBMClassifier(**_TREES))
    found.fit(learn.matrix, learn.outcomes[outcome], learn.arm)
    ranked: Floats = found.predict(judge.matrix)
    return ranked


METHODS: dict[str, Callable[[Experiment, Experiment, str, int], Floats]] = {
    "Otokui": _ours,
    "doubly robust ridge": _doubly_robust_ridge,
    "response model (LightGBM)": _response,
    "two models (LightGBM)": _two_models,
    "class transformation (scikit-uplift)": _class_transformation,
}
