"""Otokui on a data set, by the verbs init, ingest, train and predict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.purchases.days import by_day
from benchmarks.purchases.forecast import Forecast
from benchmarks.purchases.protocol import Protocol
from benchmarks.purchases.rows import Rows
from otokui.clock import now
from otokui.domain import Label
from otokui.frames import Floats
from pipelines.decision_run.decision_operations import run_predict
from pipelines.ingestion.ingest import ingest
from pipelines.model_training.model_operations import run_train
from pipelines.shop.init import init
from pipelines.shop.readers import public_reader
from pipelines.shop.shop import Shop

NAME = "Otokui"
ASKED = (Label.NEXT_PURCHASE, Label.PURCHASE_COUNT, Label.SPEND)
"""What the figures ask about; the other models are trained the same with or without these."""


def opened(protocol: Protocol, data: Path, work: Path) -> Shop:
    """Make the protocol's shop in ``work`` and bring the records in."""
    folder = work / protocol.name
    settings = work / f"{protocol.name}.toml"
    settings.write_text(protocol.settings(), encoding="utf-8")
    init(folder, settings=settings)
    shop = Shop(folder)
    ingest(folder, shop.settings, by_day(public_reader(protocol.reader)), now(), argument=protocol.source(data), ledger=shop.ledger)
    return Shop(folder)


def forecast(shop: Shop, protocol: Protocol, rows: Rows, say: Callable[[str], None]) -> Forecast:
    """Train on what was known before the origin; return predictions as of it."""
    began = time.monotonic()
    run_train(shop, train_through=protocol.at, now=now(), labels=ASKED, progress=say)
    say(f"otokui train: {time.monotonic() - began:.0f} s")
    columns, horizon = predicted(shop, protocol, rows), protocol.horizon_days

    def column(name: str) -> Floats:
        return columns((name,))[:, 0]

    return Forecast(
        NAME,
        rank=column(f"p_purchase_{horizon}d"),
        chance=column(f"p_purchase_{horizon}d"),
        mean=column(f"expected_purchases_{horizon}d"),
        median=column(f"median_purchases_{horizon}d"),
        money=column(f"expected_spend_{horizon}d"),
        days=column("days_to_next_median"),
        curve=columns([f"p_purchase_{day}d" for day in protocol.grid_days]),
    )


def predicted(shop: Shop, protocol: Protocol, rows: Rows) -> Callable[[Sequence[str]], Floats]:
    """Predict as of the origin; return a reader of prediction columns (n, len(names)).

    In the order of ``rows``.
    """
    said = pq.read_table(run_predict(shop, as_of=protocol.at, out=shop.folder / "predictions.parquet").path)
    place = {customer: k for k, customer in enumerate(said["customer_id"].to_pylist())}
    chosen = np.array([place[customer] for customer in rows.ids])

    def columns(names: Sequence[str]) -> Floats:
        return np.stack([said[name].to_numpy()[chosen].astype(np.float64) for name in names], axis=1)

    return columns
