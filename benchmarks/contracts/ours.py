"""Otokui's churn model on the snapshot: ingest, summarise, derive, train, predict.

A snapshot has one cut-off, so training holds out a third of the customers it is given, as it does for any shop whose history is too
short for an earlier cut-off: rounds and calibration are learnt there, the final fit is on all it was given.
Judged customers are in none of it, neither in the rhythm nor in the averages.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from adapters.shop_files.summary_files import read_batches
from benchmarks.contracts.records import MONTH_DAYS, ORIGIN, SNAPSHOT, reader
from benchmarks.real_shops import vectors
from features import fingerprint
from otokui.clock import now
from otokui.domain import CutoffDate, Instant, Label
from otokui.errors import NotEnoughData
from otokui.frames import Batch, Floats, Texts
from otokui.settings.definitions import Definitions
from otokui.settings.settings import DEFAULTS, Settings
from pipelines.ingestion.ingest import ingest
from pipelines.shop.init import init
from pipelines.shop.shop import Shop
from pipelines.summaries.purchase_table import contracts, purchases
from pipelines.summaries.summarise import summaries_at
from scoring import load_all, predict
from training.data.dataset import Dataset
from training.data.purchase_history import History
from training.train import TrainingBasis, train


@dataclass(frozen=True, slots=True)
class Base:
    """Everybody's vectors at the origin and what is known at the snapshot, by customer."""

    settings: Settings
    vectors: Batch
    bought: pl.DataFrame
    contracts: pl.DataFrame


def brought(data: Path, work: Path) -> Base:
    """Bring the records in, and return what training reads of them."""
    folder, settings = work / "telco", work / "telco.toml"
    settings.write_text(DEFAULTS.read_text(encoding="utf-8").replace('timezone = "Asia/Tokyo"', 'timezone = "UTC"', 1), encoding="utf-8")
    init(folder, settings=settings)
    ingest(folder, Shop(folder).settings, reader, now(), argument=str(data), ledger=Shop(folder).ledger)
    shop, at, until = Shop(folder), Instant(ORIGIN), Instant(SNAPSHOT)
    path, _ = summaries_at(shop.records, shop.engine, [at], work / "summaries")[at]
    held = contracts(shop.records, until)
    if held is None:
        raise NotEnoughData("the snapshot made no contracts", fix="fetch the file again; it may be cut")
    return Base(shop.settings, vectors(read_batches(path), at, "UTC"), purchases(shop.records, at), held)


def churn(base: Base, learn: Texts, judge: Texts) -> Floats:
    """Return the chance that each of ``judge`` leaves, learnt from the customers ``learn`` alone, (len(judge),)."""
    at, until = Instant(ORIGIN), Instant(SNAPSHOT)
    place = {str(customer): k for k, customer in enumerate(base.vectors.customer_ids)}
    kept = pl.Series(learn.tolist())
    history = History.of(
        base.bought.filter(pl.col("customer_id").is_in(kept.implode())), base.contracts.filter(pl.col("customer_id").is_in(kept.implode()))
    )
    definitions = Definitions(churn_days=MONTH_DAYS)
    done = train(
        TrainingBasis(
            [Dataset(CutoffDate(at), base.vectors.rows(np.array([place[c] for c in learn])))],
            history,
            base.settings.training.model_copy(update={"backtests": 0}),
            definitions=definitions,
            train_through=until,
            fingerprint=fingerprint(),
            reference_days=MONTH_DAYS,
        ),
        labels=(Label.CHURN,),
    )
    models = load_all({label: model.files for label, model in done.models.items()})
    asked = base.vectors.rows(np.array([place[c] for c in judge]))
    return predict(asked, models, as_of=at, horizons_days=(MONTH_DAYS,), definitions=definitions).churn_probability
