"""What must never happen to the shop's limits, whatever the prices that customers choose by."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.allocation_places import Base, Places
from decisions.allocation.shadow_price_search import allocate
from decisions.allocation.shard import AvailableCapacity, Prices, Shard

DAYS, PLACED = 2, 2
worth = st.one_of(st.floats(0.01, 100.0), st.just(-np.inf), st.integers(1, 5).map(float))
cost = st.sampled_from([0.0, 0.3, 3.0, 80.0])
customers = st.lists(
    st.tuples(st.lists(worth, min_size=3, max_size=3), st.lists(cost, min_size=3, max_size=3), st.integers(0, DAYS - 1)),
    min_size=1,
    max_size=25,
)


@cache
def empty_ledger() -> Path:
    """Return a ledger without a row, made once: its schema takes as long as a hundred places."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    Places(folder, [0, 0, None], 0.0).close()
    return folder / "ledger.db"


@settings(max_examples=40, deadline=None)
@given(customers, st.integers(0, 8), st.integers(0, 8), st.floats(0.0, 200.0), st.lists(st.floats(0.0, 1e6), min_size=5, max_size=5))
def test_no_limit_is_ever_exceeded_and_no_place_stays_empty(base: Any, first: int, second: int, money: float, asked: list[float]) -> None:
    """Prices found or made up: only open candidates, no place and no coin too many; who is left with nothing could have had nothing."""
    value, costs, day = (np.array(column, dtype=np.float64) for column in zip(*base, strict=True))
    days = day.astype(np.int64)
    slot = np.stack([days, DAYS + days, np.full(len(base), -1)])
    shard, room = Shard(value.T, costs.T, slot), AvailableCapacity(money, np.repeat([first, second], DAYS).astype(np.float64))
    there = Base(shard, np.arange(3), days)

    for prices in (allocate(lambda: [shard], room, len(base)).prices, Prices(asked[0], np.array(asked[1:])), Prices.free(PLACED * DAYS)):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(empty_ledger(), folder)
            places = Places(Path(folder), [first, second, None], money)
            chosen = places.take(there, prices)
            places.close()
        rows = np.flatnonzero(chosen >= 0)
        taken = np.bincount(slot[chosen[rows], rows] + 1, minlength=PLACED * DAYS + 1)[1:]
        spent = shard.cost[chosen[rows], rows].sum()
        assert np.isfinite(shard.value[chosen[rows], rows]).all()
        assert (taken <= room.places).all()
        assert spent <= money + 1e-9
        # At no price who has nothing could have had: no candidate worth something has a place and money left for it.
        free = np.append(room.places - taken, np.inf)
        had = (shard.value > 0.0) & (free[slot] >= 1.0) & (shard.cost <= money - spent - 0.001)
        assert prices.money > 0.0 or prices.places.any() or not had[:, chosen < 0].any()
