"""Synthetic shop for the HTTP benchmark: N customers, trained models, all published.

Each buys in an own rhythm; made in a minute.

Enough for the service to do its whole work (five models, every feature, a ledger with consents); what it predicts means nothing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import narwhals as nw
import numpy as np
import polars as pl

from adapters.ledger import open_ledger
from adapters.models.store.champions import ModelFolder
from adapters.online_store.snapshot_writer import write_snapshot
from decisions.compiler.evidence import FILE_NAME, Evidence
from features import derive, fingerprint, summarise, summary_names
from otokui.domain import DAY, CutoffDate, Instant
from otokui.frames import Batch, texts
from otokui.settings.settings import Settings, in_shop, load
from pipelines.shop.init import init
from training.data.dataset import Dataset
from training.data.purchase_history import History
from training.data.time_splits import plan
from training.train import TrainingBasis, train

DAYS = 420
PRODUCTS = 60


@dataclass(frozen=True, slots=True)
class MadeShop:
    """Synthetic shop: folder, cut-off of its summaries, ids of its customers."""

    folder: Path
    cutoff: Instant
    customer_ids: list[str]


def made_shop(
    folder: Path, customers: int, cutoff: Instant, *, rounds: int = 100, own: Mapping[str, Mapping[str, object]] | None = None
) -> MadeShop:
    """Make a shop whose records end at ``cutoff``: settings, models, snapshot, evidence, ledger.

    own: settings that are not the defaults, by section and key.
    """
    init(folder)
    if own:
        sections = (f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()) for name, keys in own.items())
        (folder / "otokui.toml").write_text("\n".join(sections), encoding="utf-8")
    settings = load(folder / "otokui.toml")
    lines = _lines(customers, cutoff)
    _train(folder, settings, lines, cutoff, rounds)
    newest = _summaries(lines, cutoff)
    (folder / "online").mkdir(exist_ok=True)
    (folder / "online" / FILE_NAME).write_text(Evidence(cutoff).to_json(), encoding="utf-8")
    write_snapshot(iter([newest]), folder / "online", summary_names(), cutoff)
    ids = [str(customer_id) for customer_id in newest.customer_ids]
    _consents(folder, settings, ids, cutoff)
    return MadeShop(folder, cutoff, ids)


def _lines(customers: int, cutoff: Instant) -> pl.DataFrame:
    rng = np.random.default_rng(20_250_401)
    count = 1 + rng.poisson(rng.gamma(0.8, 7.0, customers))
    owner = np.repeat(np.arange(customers), count)
    at = cutoff - (rng.random(len(owner)) ** 0.9 * DAYS * DAY).astype(np.int64) - 1
    spend = np.round(rng.lognormal(7.5, 0.7, len(owner)))
    listed = np.where(rng.random(len(owner)) < 0.3, spend * 1.25, spend)
    product = rng.integers(0, PRODUCTS, len(owner))
    return pl.DataFrame(
        {
            "order_id": [f"o-{i}" for i in range(len(owner))],
            "product_id": [f"p-{i}" for i in product],
            "customer_id": [f"c-{i}" for i in owner],
            "ordered_at": at,
            "ordered_local": at + 9 * 3_600,
            "cancelled_at": pl.Series([None] * len(owner), dtype=pl.Int64),
            "quantity": np.ones(len(owner)),
            "paid_amount": spend,
            "list_amount": listed,
            "returned_quantity": np.zeros(len(owner)),
            "known_at": at,
        }
    )


def _records(lines: pl.DataFrame, cutoff: Instant) -> dict[str, nw.LazyFrame[pl.LazyFrame]]:
    known = lines.filter(pl.col("known_at") < cutoff)
    orders = known.select("order_id", "customer_id", "ordered_at", "ordered_local", "cancelled_at", "known_at").with_columns(
        delivered_at=pl.lit(None, pl.Int64), place=pl.lit("store"), coupon_id=pl.lit(None, pl.String)
    )
    return {"orders": nw.from_native(orders.lazy()), "order_lines": nw.from_native(known.lazy())}


def _summaries(lines: pl.DataFrame, cutoff: Instant) -> Batch:
    frame = nw.to_native(summarise(_records(lines, cutoff), CutoffDate(cutoff))).collect().sort("customer_id")
    values = frame.select(pl.col(name).cast(pl.Float64) for name in summary_names()).to_numpy(order="c")
    return Batch(texts(frame["customer_id"].to_list()), summary_names(), np.array(values, dtype=np.float64, order="C"))


def _train(folder: Path, settings: Settings, lines: pl.DataFrame, cutoff: Instant, rounds: int) -> None:
    planned = plan(Instant(int(lines["ordered_at"].min())), cutoff, settings.training, settings.predictions.horizons_days)  # type: ignore[arg-type]
    cutoffs = planned.cutoffs[-4:]
    datasets = [Dataset(at, derive(_summaries(lines, at.at), at.at)) for at in cutoffs]
    history = History.of(lines.select("customer_id", pl.col("ordered_at").alias("purchased_at"), "paid_amount", "known_at"))
    trained = train(
        TrainingBasis(
            datasets,
            history,
            settings.training.model_copy(update={"rounds": rounds, "learning_rate": 0.1}),
            definitions=settings.definitions,
            train_through=cutoff,
            fingerprint=fingerprint(),
            reference_days=planned.reference_days,
        ),
    )
    store = ModelFolder(folder / "models")
    store.promote({label: store.export(label, model.files) for label, model in trained.models.items()}, cutoff)


def _consents(folder: Path, settings: Settings, ids: list[str], cutoff: Instant) -> None:
    # The first three that ask for consent: few customers opt in to everything.
    channels = [channel.name for channel in settings.channels if channel.needs_consent][:3]
    frame = pl.DataFrame(
        {
            "customer_id": [customer_id for customer_id in ids for _ in channels],
            "channel": channels * len(ids),
            "opted_in": [True] * (len(ids) * len(channels)),
            "changed_at": [cutoff - 30 * DAY] * (len(ids) * len(channels)),
            "known_at": [cutoff - 30 * DAY] * (len(ids) * len(channels)),
        }
    )
    with open_ledger(
        in_shop(settings.stores.ledger_url, folder),
        channels=settings.channels,
        messages=settings.messages,
        contact_cap=settings.decisions.contact_cap,
        contact_cap_days=settings.decisions.contact_cap_days,
        contact_spacing_hours=settings.decisions.contact_spacing_hours,
    ) as ledger:
        ledger.import_consents(frame)


def main() -> None:
    """Make a shop: `python -m benchmarks.http.shop FOLDER --customers 20000`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--cutoff", type=int, required=True, help="UTC seconds")
    given = parser.parse_args()
    made_shop(given.folder, given.customers, Instant(given.cutoff))


if __name__ == "__main__":
    main()
