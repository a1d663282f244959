"""Real data sets as shops, ingested through the product's readers and checks.

A shop once made in the work folder is used again, so that several benchmarks read the same records.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adapters.shop_files.summary_files import read_batches
from features.vectors import derive
from otokui.clock import now
from otokui.domain import CutoffDate, Instant, offset_seconds
from otokui.frames import Batch
from otokui.settings.settings import DEFAULTS
from pipelines.ingestion.ingest import ingest
from pipelines.shop.init import init
from pipelines.shop.readers import public_reader
from pipelines.shop.shop import Shop
from pipelines.summaries.summarise import summaries_at
from training.data.dataset import Dataset


@dataclass(frozen=True, slots=True)
class RealShop:
    """Real data set: folder, reader, time zone and currency."""

    folder: str
    reader: str
    timezone: str
    currency: str


SHOPS = {
    "cdnow": RealShop("cdnow", "cdnow", "America/New_York", "USD"),
    "online_retail": RealShop("online_retail", "online-retail", "Europe/London", "GBP"),
    "complete_journey": RealShop("complete_journey", "complete-journey", "America/New_York", "USD"),
}


def open_shop(name: str, data: Path, work: Path) -> Shop:
    """Return a data set as an opened shop in ``work``.

    Ingested from ``data`` where it is not there yet.
    """
    which, folder = SHOPS[name], work / name
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        own = DEFAULTS.read_text(encoding="utf-8").replace('timezone = "Asia/Tokyo"', f'timezone = "{which.timezone}"', 1)
        settings = work / f"{name}.toml"
        settings.write_text(own.replace('currency = "JPY"', f'currency = "{which.currency}"', 1), encoding="utf-8")
        init(folder, name=name, settings=settings)
        shop = Shop(folder)
        ingest(folder, shop.settings, public_reader(which.reader), now(), argument=str(data / which.folder), ledger=shop.ledger)
        (folder / "done").touch()
    return Shop(folder)


def datasets(shop: Shop, cutoffs: Sequence[CutoffDate]) -> list[Dataset]:
    """Return everybody's vectors at each cut-off, as `otokui train` makes them."""
    zone = shop.settings.shop.timezone
    with tempfile.TemporaryDirectory() as aside:
        files = summaries_at(shop.records, shop.engine, [cutoff.at for cutoff in cutoffs], Path(aside))
        return [Dataset(CutoffDate(at), vectors(read_batches(path), at, zone)) for at, (path, _) in files.items()]


def vectors(chunks: Iterable[Batch], at: Instant, timezone: str) -> Batch:
    """Return summaries derived to vectors, in one piece."""
    parts = [derive(chunk, at, local_offset_seconds=offset_seconds(timezone, at)) for chunk in chunks]
    return Batch(np.concatenate([p.customer_ids for p in parts]), parts[0].names, np.concatenate([p.values for p in parts]))


def arguments(says: str | None) -> argparse.ArgumentParser:
    """Return a parser with the folders of data and of shops."""
    parser = argparse.ArgumentParser(description=says, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with cdnow/, online_retail/, complete_journey/")
    kept = Path(tempfile.gettempdir()) / "otokui-benchmark-shops"
    parser.add_argument("--work", type=Path, default=kept, help="where the shops are kept between runs")
    return parser
