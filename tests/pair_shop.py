"""A shop of two trainings of the product ranking and of the response model, on the real MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from adapters.engines.polars_engine import PolarsEngine
from adapters.models.registry.registry import MlflowRegistry
from otokui.domain import DAY, Instant, PairModel
from otokui.errors import Missing
from pipelines.model_training.pair_models import TrainedPair, train_pair
from pipelines.model_training.pair_registration import RegisteredPair, register_pair
from pipelines.shop.init import init
from pipelines.shop.shop import Shop
from tests.builders import contact, frame, line
from tests.fakes import FakeRecords

BEGAN = 1_700_000_000
FIRST, SECOND = Instant(BEGAN + 300 * DAY), Instant(BEGAN + 330 * DAY)
NOW = Instant(1_900_000_000)
PRODUCTS, RESPONSE = PairModel.PRODUCTS, PairModel.RESPONSE

Trained = tuple[Path, FakeRecords, dict[tuple[PairModel, Instant], tuple[TrainedPair, RegisteredPair]]]


def records(customers: int = 150, days: int = 400) -> FakeRecords:
    """Everybody returns for a staple every 20 days; an e-mail every 30 days, from which a quarter is held back, sells one thing more."""
    rng = np.random.default_rng(5)
    lines: list[dict[str, Any]] = []
    contacts: list[dict[str, Any]] = []

    def bought(who: str, day: float, product: str) -> None:
        lines.append(line(BEGAN + int(day * DAY), customer_id=who, order_id=f"{who}-{day:.2f}", product_id=product))

    for number in range(customers):
        who = f"c{number:03d}"
        for day in np.arange(rng.uniform(0, 20), days, 20):
            bought(who, float(day), f"p{number % 12:02d}")
        for day in range(40, days, 30):
            held, at = bool(rng.random() < 0.25), BEGAN + day * DAY
            told: dict[str, Any] = {"contact_id": f"{who}-{day}", "customer_id": who, "sent_at": at, "known_at": at}
            contacts.append(
                contact(message_id="second_purchase", channel="email", group="scenario_control" if held else "treatment", **told)
            )
            if not held and rng.random() < 0.4:
                bought(who, day + 1.5, f"p{rng.integers(12, 30):02d}")
    return FakeRecords({"order_lines": frame("order_lines", lines), "contacts": frame("contacts", contacts)})


def opened(folder: Path, known: FakeRecords) -> Shop:
    """A shop with a real folder and a real MLflow, on records that no file holds."""
    shop = Shop(folder)
    shop.__dict__.update(records=known, summariser=(known, PolarsEngine(), True))
    return shop


def two_trainings(folder: Path) -> Trained:
    """Make a shop in a folder, train both kinds up to two instants, and register them."""
    known = records()
    init(folder)
    shop = opened(folder, known)
    made = {}
    for through in (FIRST, SECOND):
        for name in PairModel:
            each = train_pair(shop, name, through)
            made[name, through] = each, register_pair(shop, each, through, parent="", now=Instant(through + DAY), who="ada")
    return folder, known, made


def registry(shop: Shop) -> MlflowRegistry:
    """The registry of the shop's MLflow."""
    return MlflowRegistry(shop.mlflow, shop.settings.shop.name)


def alias(shop: Shop, name: PairModel) -> int | None:
    """The version at the alias champion."""
    try:
        return registry(shop).at_alias(name, "champion")
    except Missing:
        return None
