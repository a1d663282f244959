"""Drivers of loyalty and of churn over the whole base.

The questions are made in ``analysis.drivers``; here stands of whom they are asked. Of the loyal it is asked what they share, of customers
who have bought and are not loyal yet what they lack; of churn signals, everybody who has bought.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.drivers import Driver, Lacking, actionable, lacking, shared_factors
from features.catalogue import CATALOGUE
from otokui.domain import Instant
from otokui.frames import Batch, Bools, Floats, Texts
from otokui.settings.definitions import Definitions
from scoring.customer_state import loyal_now
from scoring.model_files.loader import Model, ModelSet
from scoring.model_files.shap import contributions
from scoring.score import predict_summaries

CHANGES = {feature.name: feature.change for feature in CATALOGUE if feature.change is not None}
NO_QUESTION = tuple(
    f.name for f in CATALOGUE if f.unit.startswith(("code", "bucket", "-1..1", "day,", "days, 0..30", "0 = Monday", "quarter,"))
)
"""Codes without order, and what is the same for everybody on a day: no threshold on them means anything to a person."""


@dataclass(frozen=True, slots=True)
class ScoredBase:
    """Scored base of all known customers, n rows: vectors and predictions.

    loyal (n,): satisfies the shop's rule now; bought (n,): has ever bought.
    """

    vectors: Batch
    loyal: Bools
    bought: Bools
    future: Floats
    churn: Floats


def base_of(summaries: Iterable[Batch], models: ModelSet, *, as_of: Instant, timezone: str, definitions: Definitions) -> ScoredBase:
    """Return the base with its predictions, customers of whom nothing is on record left out."""
    batches, columns = [], []
    for chunk in summaries:
        vectors, predictions = predict_summaries(
            chunk, models, as_of=as_of, timezone=timezone, horizons_days=(30,), definitions=definitions
        )
        known = predictions.known
        batches.append(vectors.rows(known))
        bought = vectors.column("purchase_count") >= 1.0
        loyal = loyal_now(definitions.loyal, vectors, as_of=as_of, summaries=chunk)
        columns.append([each[known] for each in (loyal, bought, predictions.future_loyal_probability, predictions.churn_probability)])
    is_loyal, has_bought, future, churn = (np.concatenate(each) for each in zip(*columns, strict=True))
    together = Batch(np.concatenate([b.customer_ids for b in batches]), batches[0].names, np.concatenate([b.values for b in batches]))
    return ScoredBase(together, is_loyal, has_bought, future, churn)


@dataclass(frozen=True, slots=True)
class LoyaltyDrivers:
    """Drivers that loyal customers share, and customers who lack one of them.

    Only one that a contact could ask for.
    """

    factors: tuple[Driver, ...]
    lacking: Lacking


def loyalty_drivers(base: ScoredBase, model: Model) -> LoyaltyDrivers:
    """Return drivers of loyalty, and the missing one to ask each customer for.

    By the model of future loyalty.
    """
    names, values, pushes = contributions(base.vectors, model)
    candidates = base.bought & ~base.loyal
    factors = shared_factors(names, values, pushes, base.loyal.astype(np.float64), of=candidates, without=NO_QUESTION)
    actionable_factors = actionable(factors, {name: change.up for name, change in CHANGES.items()})
    slope = model.manifest.calibration[0].slope
    return LoyaltyDrivers(factors, lacking(actionable_factors, names, values, pushes, base.future, candidates, slope))


@dataclass(frozen=True, slots=True)
class ChurnDrivers:
    """Churn signals, k of them, and m customers by churn probability, highest first.

    Only customers who have bought.

    customer_ids, chance (m,): who, and the chance of leaving; shows (m, k): which signals each of them shows.
    """

    factors: tuple[Driver, ...]
    customer_ids: Texts
    chance: Floats
    shows: Bools


def churn_drivers(base: ScoredBase, model: Model) -> ChurnDrivers:
    """Return churn signals shared by customers likely to leave, and who shows which."""
    rows = np.nonzero(base.bought & np.isfinite(base.churn))[0]
    vectors, chance = base.vectors.rows(rows), base.churn[rows]
    names, values, pushes = contributions(vectors, model)
    factors = shared_factors(names, values, pushes, chance, without=NO_QUESTION)
    shows = np.zeros((len(rows), len(factors)), dtype=np.bool_)
    for k, factor in enumerate(factors):
        shows[:, k] = factor.has(values[:, names.index(factor.feature)])
    order = np.argsort(-chance, kind="stable")
    return ChurnDrivers(factors, vectors.customer_ids[order], chance[order], shows[order])
