"""The default world looks like real shops, by the bands on record."""

from __future__ import annotations

import polars as pl
import pytest

from simulator.records.likeness import bands, gini, likeness, top_share
from simulator.worlds import load_world
from tests.unit.simulator.shops import shop

KEYS = {"orders": ["order_id"], "order_lines": ["order_id", "product_id"], "contacts": ["contact_id"], "products": ["product_id"]}


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    """Two years of the default world with the default seed, under the random policy."""
    world = shop(load_world("default"), customers=3_000, seed=20_250_401)
    days = list(world.history(730, "random"))
    tables = {name: pl.concat([day.tables[name] for day in days]).sort("known_at", maintain_order=True) for name in KEYS}
    return likeness({name: frame.unique(KEYS[name], keep="last", maintain_order=True) for name, frame in tables.items()})


@pytest.mark.slow
@pytest.mark.parametrize("name", list(bands()))
def test_the_default_world_lies_within_the_band(name: str, measured: dict[str, float]) -> None:
    """Between what real shops measure, or what the trade reports."""
    low, high = bands()[name]["band"]
    assert low <= measured[name] <= high


@pytest.mark.parametrize("name", list(bands()))
def test_every_band_holds_a_real_figure(name: str) -> None:
    """A band that no shop and no figure of the trade lies in would be made up."""
    row = bands()[name]
    low, high = row["band"]
    real = [value for key, value in row.items() if key not in ("says", "band", "trade")]
    trade = row.get("trade", [])
    assert any(low <= value <= high for value in [*real, *trade])


def test_concentration_by_hand() -> None:
    """Of 1, 1, 1, 1, 6: the best fifth has six tenths, and Gini is 0.4; all alike: 0."""
    amounts = pl.Series([1.0, 1.0, 1.0, 1.0, 6.0]).to_numpy()
    assert top_share(amounts) == pytest.approx(0.6)
    assert gini(amounts) == pytest.approx(0.4)
    assert gini(amounts * 0 + 2.0) == pytest.approx(0.0)
