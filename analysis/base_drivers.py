"""Drivers of loyalty and of churn over the whole base: what those of a kind share, who lacks one thing of it, who shows which omen.

The questions are made in ``analysis.drivers``; here stands of whom they are asked. Of the loyal it is asked what they share, of customers
who have bought and are not loyal yet what they lack; of the omens of leaving, everybody who has bought.
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
    """Everybody known, n rows: vectors, and what is said of them (n,); loyal: who satisfies the shop's rule now; bought: who ever has."""

    vectors: Batch
    loyal: Bools
    bought: Bools
    future: Floats
    churn: Floats


def base_of(summaries: Iterable[Batch], models: ModelSet, *, as_of: Instant, timezone: str, definitions: Definitions) -> ScoredBase:
    """Return the base with its predictions, customers of whom nothing is on record left out."""
    batches, columns = [], []
    for chunk in summaries:
        vectors, said = predict_summaries(chunk, models, as_of=as_of, timezone=timezone, horizons_days=(30,), definitions=definitions)
        kept = said.known
        batches.append(vectors.rows(kept))
        bought = vectors.column("purchase_count") >= 1.0
        loyal = loyal_now(definitions.loyal, vectors, as_of=as_of, summaries=chunk)
        columns.append([each[kept] for each in (loyal, bought, said.future_loyal_probability, said.churn_probability)])
    is_loyal, has_bought, future, churn = (np.concatenate(each) for each in zip(*columns, strict=True))
    together = Batch(np.concatenate([b.customer_ids for b in batches]), batches[0].names, np.concatenate([b.values for b in batches]))
    return ScoredBase(together, is_loyal, has_bought, future, churn)


@dataclass(frozen=True, slots=True)
class LoyaltyDrivers:
    """What loyal customers share, and who lacks one thing of it that a contact could ask for."""

    factors: tuple[Driver, ...]
    lacking: Lacking


def loyalty_drivers(base: ScoredBase, model: Model) -> LoyaltyDrivers:
    """Return what loyal customers share, as the model of future loyalty has it, and whom to ask for what is missing."""
    names, values, pushes = contributions(base.vectors, model)
    candidates = base.bought & ~base.loyal
    found = shared_factors(names, values, pushes, base.loyal.astype(np.float64), of=candidates, without=NO_QUESTION)
    asked = actionable(found, {name: change.up for name, change in CHANGES.items()})
    slope = model.manifest.calibration[0].slope
    return LoyaltyDrivers(found, lacking(asked, names, values, pushes, base.future, candidates, slope))


@dataclass(frozen=True, slots=True)
class ChurnDrivers:
    """Omens of leaving, k of them, and the m customers who have bought, those most likely to leave first.

    customer_ids, chance (m,): who, and the chance of leaving; shows (m, k): which omens each of them shows.
    """

    factors: tuple[Driver, ...]
    customer_ids: Texts
    chance: Floats
    shows: Bools


def churn_drivers(base: ScoredBase, model: Model) -> ChurnDrivers:
    """Return the omens that those who are likely to leave share, and who shows which."""
    rows = np.nonzero(base.bought & np.isfinite(base.churn))[0]
    vectors, chance = base.vectors.rows(rows), base.churn[rows]
    names, values, pushes = contributions(vectors, model)
    found = shared_factors(names, values, pushes, chance, without=NO_QUESTION)
    shows = np.zeros((len(rows), len(found)), dtype=np.bool_)
    for k, factor in enumerate(found):
        shows[:, k] = factor.has(values[:, names.index(factor.feature)])
    order = np.argsort(-chance, kind="stable")
    return ChurnDrivers(found, vectors.customer_ids[order], chance[order], shows[order])
