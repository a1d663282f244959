"""Prognostic scores of customers: expected outcomes, contacted or not.

An effect may grow with them before any difference between customers is learnt.

The *prognosis* is linear: the mean of what ridge regressions of both groups expect. The *response* is LightGBM's expectation if
contacted, learnt where contacts are many: effects mostly grow with it, for who cannot be brought to buy does not buy when
contacted either, and it is known far better than any difference between two groups (why targeting by response is hard to
beat: Devriendt, Moldovan and Verbeke, Big Data 2018). Of the rows learnt from both are those of models that have not seen the customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import lightgbm
import numpy as np

from otokui.frames import Floats, Ints
from training.metrics.scores import log_loss, rmse
from training.uplift.contact_rows import ContactRows
from training.uplift.pseudo_outcomes import Pseudo, Ridge

LEAST_CONTACTED: Final = 10_000
"""Contacts from which on trees tell responses apart; below, the ridge does."""
STEPS: Final = (20, 40, 80, 160)
_LEAF_SHARE: Final = 0.01
_PARAMS: Final[dict[str, object]] = {
    "num_leaves": 6,
    "learning_rate": 0.05,
    "lambda_l2": 20.0,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class PrognosticModel:
    """Prognostic model: ridge outcome models of both groups, and a booster.

    without, contacted: outcome models of the two groups; response: LightGBM's of the contacted, None = they are too few.

    centres, spreads: (m,) of the columns.
    """

    without: Ridge
    contacted: Ridge
    response: lightgbm.Booster | None
    centres: Floats
    spreads: Floats

    def __len__(self) -> int:
        return len(self.centres)

    def columns(self, scaled: Floats) -> Floats:
        """Return prognosis and response, (n, m), standardised; scaled: (n, p) features by rank."""
        scores = [(self.without(scaled) + self.contacted(scaled)) / 2.0]
        if self.response is not None:
            scores.append(np.asarray(self.response.predict(scaled, num_threads=1), dtype=np.float64))
        return (np.column_stack(scores) - self.centres) / self.spreads


def learn_outlook(
    rows: ContactRows, scaled: Floats, pseudo: Pseudo, fold: Ints, seed: int, *, boost: bool
) -> tuple[PrognosticModel, Floats]:
    """Return the outlook, and its columns of the rows learnt from, (n, m)."""
    scores = [(pseudo.without + pseudo.contacted) / 2.0]
    booster, expected = _response(rows, scaled, fold, seed) if boost else (None, None)
    if expected is not None:
        scores.append(expected)
    held_out = np.column_stack(scores)
    centres, spreads = held_out.mean(axis=0), np.maximum(held_out.std(axis=0), 1e-12)
    ridges = [Ridge.of(scaled[there], rows.outcome[there]) for there in (~rows.contacted, rows.contacted)]
    return PrognosticModel(ridges[0], ridges[1], booster, centres, spreads), (held_out - centres) / spreads


def _response(rows: ContactRows, scaled: Floats, fold: Ints, seed: int) -> tuple[lightgbm.Booster | None, Floats | None]:
    """Return LightGBM's expectation if contacted, and what boosters of the other folds expect of each row, (n,)."""
    contacted, outcome = rows.contacted, rows.outcome
    if contacted.sum() < LEAST_CONTACTED:
        return None, None
    binary = bool(np.isin(outcome, (0.0, 1.0)).all())
    predicted = np.zeros((len(STEPS), len(outcome)))
    for held in np.unique(fold):
        there = fold == held
        booster = _fit(scaled[~there & contacted], outcome[~there & contacted], STEPS[-1], seed, binary)
        for step, rounds in enumerate(STEPS):
            predicted[step, there] = np.asarray(booster.predict(scaled[there], num_iteration=rounds, num_threads=1))
    losses = [_loss(each[contacted], outcome[contacted], binary) for each in predicted]
    best = int(np.argmin(losses))
    return _fit(scaled[contacted], outcome[contacted], STEPS[best], seed, binary), predicted[best]


def _loss(predicted: Floats, outcome: Floats, binary: bool) -> float:
    return log_loss(predicted, outcome) if binary else rmse(predicted, outcome)


def _fit(scaled: Floats, outcome: Floats, rounds: int, seed: int, binary: bool) -> lightgbm.Booster:
    objective = "binary" if binary else "regression"
    params = _PARAMS | {"objective": objective, "seed": seed, "min_data_in_leaf": max(50, round(_LEAF_SHARE * len(outcome)))}
    return lightgbm.train(params, lightgbm.Dataset(scaled, outcome, params=params), num_boost_round=rounds)
