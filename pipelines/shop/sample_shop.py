"""Sample shop: some hundreds of households of the grocer of `otokui demo`.

Notebooks and their tests run on it in seconds. Kept apart from the demo, which is about the whole road and its
service; this is only a shop.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import os
import tempfile
from pathlib import Path

import polars as pl

from adapters.records.datasets.complete_journey import NEEDED, PACKAGE
from otokui.clock import now
from otokui.errors import Missing
from otokui.settings.settings import DEFAULTS
from pipelines.ingestion.ingest import ingest
from pipelines.shop.init import SETTINGS_FILE, init
from pipelines.shop.readers import public_reader
from pipelines.shop.shop import Shop

HOUSEHOLDS = 250
BY_HOUSEHOLD = ("transactions", "demographics", "campaigns", "coupon_redemptions")
QUICK = """
# So few customers have little to teach: fewer cut-offs and rounds than the defaults lose nothing, and take seconds.
[training]
cutoffs = 6
backtests = 1
rounds = 60
learning_rate = 0.1
"""


def sample_shop(folder: Path, households: int = HOUSEHOLDS) -> Shop:
    """Return the sample shop in ``folder``, created where there is none.

    Of so many households, drawn by a hash of their ids.

    Raises:
        Missing: the package with the data is not installed.
    """
    if not (folder / SETTINGS_FILE).exists():
        home = _home()
        settings = DEFAULTS.parent / "examples" / "complete-journey.toml"
        init(folder, settings=settings)
        text = (folder / SETTINGS_FILE).read_text(encoding="utf-8")
        (folder / SETTINGS_FILE).write_text(text + QUICK, encoding="utf-8")
        shop = Shop(folder)
        with tempfile.TemporaryDirectory(prefix="otokui-sample-") as aside:
            _draw(home, Path(aside), households)
            ingest(folder, shop.settings, public_reader("complete-journey"), now(), argument=aside, ledger=shop.ledger)
    return Shop(folder)


def notebook_shop() -> Shop:
    """Return the shop of the notebooks: folder ``$OTOKUI_SHOP``, or the sample shop.

    The sample lies in ``sample-shop`` and is made if need be.
    """
    return sample_shop(Path(os.environ.get("OTOKUI_SHOP", "sample-shop")))


def _home() -> Path:
    try:
        return Path(str(importlib.resources.files(PACKAGE))) / "data"
    except ModuleNotFoundError:
        raise Missing(f"the package {PACKAGE} with the data is not installed", fix=f"make setup, or `pip install {PACKAGE}`") from None


def _draw(home: Path, out: Path, households: int) -> None:
    """Write the tables of the households drawn, and of the products only those they bought."""
    lines = pl.scan_parquet(home / "transactions.parquet")
    ids = lines.select("household_id").unique().collect()["household_id"].to_list()
    drawn = sorted(ids, key=lambda each: hashlib.blake2b(str(each).encode(), digest_size=8).digest())[:households]
    bought = lines.filter(pl.col("household_id").is_in(drawn)).select("product_id").unique().collect()["product_id"].to_list()
    for name in NEEDED:
        table = pl.scan_parquet(home / f"{name}.parquet")
        if name in BY_HOUSEHOLD:
            table = table.filter(pl.col("household_id").is_in(drawn))
        elif name == "products":
            table = table.filter(pl.col("product_id").is_in(bought))
        table.collect().write_parquet(out / f"{name}.parquet")
