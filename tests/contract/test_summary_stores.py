"""What every online store must do, whichever technology keeps it (port ``SummaryStore``)."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.online_store.snapshot_reader import SnapshotStore
from adapters.online_store.snapshot_writer import write_snapshot
from otokui.domain import Instant
from otokui.errors import Missing, SkewError, Unavailable
from otokui.frames import Batch, texts

NAMES = ("purchase_count", "last_purchase_at", "last_delivered_at")
NOON = Instant(1_743_465_600)
NEXT_NOON = Instant(NOON + 86_400)
REDIS = ("127.0.0.1", 6379)


def batch(rows: dict[str, tuple[float, float, float]], names: tuple[str, ...] = NAMES) -> Batch:
    return Batch(texts(list(rows)), names, np.array(list(rows.values()), dtype=np.float64).reshape(len(rows), len(names)))


ADA_AND_BOB = batch({"ada": (2.0, 1_743_000_000.0, np.nan), "bob": (0.0, -0.0, np.nan)})


class Kept:
    """One technology: how to publish, how to open."""

    def __init__(self, publish: Callable[..., Any], open_: Callable[[tuple[str, ...]], Any]) -> None:
        self.publish, self.open = publish, open_

    def put(self, *parts: Batch, at: Instant = NOON, names: tuple[str, ...] = NAMES) -> tuple[str, int]:
        return self.publish(iter(parts), names, at)


def snapshot(folder: Path) -> Iterator[Kept]:
    yield Kept(lambda parts, names, at: write_snapshot(parts, folder, names, at), lambda names: SnapshotStore(folder, names))


def feast_on(folder: Path, online: str) -> Kept:
    from adapters.online_store.feast_reader import FeastStore
    from adapters.online_store.feast_writer import write_feast

    project = f"test{folder.name[-12:]}"
    return Kept(
        lambda parts, names, at: write_feast(parts, folder, names, at, project=project, online=online),
        lambda names: FeastStore(folder, names, project=project, online=online),
    )


def feast_sqlite(folder: Path) -> Iterator[Kept]:
    yield feast_on(folder, "sqlite")


def feast_redis(folder: Path) -> Iterator[Kept]:
    try:
        socket.create_connection(REDIS, timeout=1).close()
    except OSError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no Redis on {REDIS[0]}:{REDIS[1]}")
    import redis

    yield feast_on(folder, f"{REDIS[0]}:{REDIS[1]}")
    client = redis.Redis(*REDIS)
    for key in client.scan_iter(match="*customer_id*"):
        if key.endswith(f"otokui_test{folder.name[-12:]}".encode()):
            client.delete(key)


@pytest.fixture(params=[snapshot, pytest.param(feast_sqlite, marks=pytest.mark.slow), pytest.param(feast_redis, marks=pytest.mark.slow)])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    yield from request.param(tmp_path)


class TestEveryStore:
    def test_rows_come_in_the_order_asked_with_nan_for_the_unknown(self, kept: Kept) -> None:
        """What was written comes back bit for bit; a stranger's row is empty; asking twice answers twice."""
        kept.put(ADA_AND_BOB)

        found = kept.open(NAMES).fetch(["bob", "nobody", "ada", "bob"])

        assert found.customer_ids.tolist() == ["bob", "nobody", "ada", "bob"]
        assert found.names == NAMES
        assert found.values[2].tolist()[:2] == [2.0, 1_743_000_000.0]
        assert np.isnan(found.values[1]).all()
        assert np.isnan(found.values[2, 2])
        assert found.values[0].tobytes() == found.values[3].tobytes() == ADA_AND_BOB.values[1].tobytes()

    def test_what_is_published_says_when_and_how_many(self, kept: Kept) -> None:
        """The cut-off, the customers and the version are told with the data."""
        version, rows = kept.put(ADA_AND_BOB)

        store = kept.open(NAMES)

        assert (store.summarised_at, len(store), rows, store.version) == (1_743_465_600, 2, 2, version)

    def test_a_store_that_holds_what_was_written_passes_the_probe(self, kept: Kept) -> None:
        """Readiness asks for a customer who is on record; a shop without customers has none to ask for."""
        kept.put(ADA_AND_BOB)
        kept.open(NAMES).probe()
        kept.put(batch({}), at=NEXT_NOON)
        kept.open(NAMES).probe()

    def test_parts_and_unicode_ids(self, kept: Kept) -> None:
        """Ids are any text; a store is written part by part."""
        kept.put(batch({"客-1": (1.0, 1.0, 1.0)}), batch({"😀": (2.0, 2.0, 2.0), "a b": (3.0, 3.0, 3.0)}))

        assert kept.open(NAMES).fetch(["a b", "客-1", "😀"]).values[:, 0].tolist() == [3.0, 1.0, 2.0]

    def test_a_newer_publication_is_served_once_opened(self, kept: Kept) -> None:
        """Its version is another, which the service looks for; who is gone from it is unknown."""
        kept.put(ADA_AND_BOB)
        before = kept.open(NAMES).version
        kept.put(batch({"ada": (3.0, 1_743_500_000.0, 1.0)}), at=NEXT_NOON)
        store = kept.open(NAMES)

        assert store.version != before
        assert store.summarised_at == 1_743_552_000
        assert store.fetch(["ada", "bob"]).values[:, 0].tolist()[0] == 3.0
        assert np.isnan(store.fetch(["bob"]).values).all()

    def test_the_same_cutoff_published_again_replaces_the_rows(self, kept: Kept) -> None:
        """A correction of last night's summaries counts."""
        kept.put(ADA_AND_BOB)
        kept.put(batch({"ada": (9.0, 9.0, 9.0), "bob": (8.0, 8.0, 8.0)}))

        assert kept.open(NAMES).fetch(["ada", "bob"]).values[:, 0].tolist() == [9.0, 8.0]

    def test_other_columns_are_refused(self, kept: Kept) -> None:
        """A row of another build would be read with the wrong meaning."""
        kept.put(ADA_AND_BOB)

        with pytest.raises(SkewError, match="not the 3 of this build"):
            kept.open(("purchase_count", "last_delivered_at", "last_purchase_at"))

    def test_parts_of_other_columns_are_not_written(self, kept: Kept) -> None:
        """The mistake is found when it is made."""
        with pytest.raises(SkewError, match="not the 3 expected"):
            kept.put(batch({"ada": (1.0,)}, names=("purchase_count",)))

    def test_nothing_published_is_missing(self, kept: Kept) -> None:
        """The message says what to run."""
        with pytest.raises(Missing) as caught:
            kept.open(NAMES)

        assert "otokui materialise" in caught.value.fix

    def test_asking_for_nobody_returns_nobody(self, kept: Kept) -> None:
        """An empty request is not an error of the store."""
        kept.put(ADA_AND_BOB)

        assert kept.open(NAMES).fetch([]).values.shape == (0, 3)


@pytest.mark.slow
def test_a_redis_that_was_emptied_or_is_of_yesterday_fails_the_probe(tmp_path: Path) -> None:
    """It answers all the same: with nobody, and everybody would be decided for as a stranger."""
    import redis

    for kept in feast_redis(tmp_path):
        kept.put(ADA_AND_BOB)
        store, client = kept.open(NAMES), redis.Redis(*REDIS)
        keys = [key for key in client.scan_iter(match="*customer_id*") if key.endswith(f"otokui_test{tmp_path.name[-12:]}".encode())]
        store.probe()

        store._manifest |= {"summarised_at": NEXT_NOON}
        with pytest.raises(Unavailable, match="has lost what was written"):
            store.probe()
        store._manifest |= {"summarised_at": NOON}
        client.delete(*keys)
        with pytest.raises(Unavailable, match="has lost what was written"):
            store.probe()
        assert len(keys) == 2
