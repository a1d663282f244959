"""What a snapshot survives: damage, a stop at any moment, ids whose hashes collide."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from adapters.online_store import snapshot_reader, snapshot_writer
from adapters.online_store.snapshot_reader import SnapshotStore, current
from adapters.online_store.snapshot_writer import write_snapshot
from otokui.domain import Instant
from otokui.errors import Unavailable
from otokui.frames import Batch, texts

NAMES = ("purchase_count", "paid_sum")


def people(count: int, value: float = 1.0) -> Iterator[Batch]:
    yield Batch(texts([f"c-{i}" for i in range(count)]), NAMES, np.full((count, 2), value))


def test_a_damaged_file_is_not_served(tmp_path: Path) -> None:
    """One flipped bit in the values is found on opening."""
    name, _ = write_snapshot(people(3), tmp_path, NAMES, Instant(10))
    values = bytearray((tmp_path / name / "values.f64").read_bytes())
    values[5] ^= 1
    (tmp_path / name / "values.f64").write_bytes(values)

    with pytest.raises(Unavailable, match="is not what its manifest says"):
        SnapshotStore(tmp_path, NAMES)


def test_a_damaged_newcomer_leaves_the_old_one_serving(tmp_path: Path) -> None:
    """It cannot be opened, and whoever has the one of before open goes on with its rows."""
    write_snapshot(people(3), tmp_path, NAMES, Instant(10))
    store = SnapshotStore(tmp_path, NAMES)
    name, _ = write_snapshot(people(3, 2.0), tmp_path, NAMES, Instant(20))
    (tmp_path / name / "rows.u32").unlink()

    with pytest.raises(Unavailable):
        SnapshotStore(tmp_path, NAMES)
    assert (store.summarised_at, store.fetch(["c-0"]).values.tolist()) == (10, [[1.0, 1.0]])


@pytest.mark.parametrize("kth", range(12))
def test_a_write_that_stops_anywhere_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kth: int) -> None:
    """Whichever fsync or rename fails, the snapshot of before is current and whole; the next run succeeds."""
    write_snapshot(people(3), tmp_path, NAMES, Instant(10))
    calls = 0

    def failing(real):  # type: ignore[no-untyped-def]
        def step(*args, **kwargs):  # type: ignore[no-untyped-def]
            nonlocal calls
            calls += 1
            if calls == kth + 1:
                raise OSError("no space left on device")
            return real(*args, **kwargs)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing(os.fsync))
        patched.setattr(Path, "rename", failing(Path.rename))
        patched.setattr(Path, "replace", failing(Path.replace))
        try:
            write_snapshot(people(4), tmp_path, NAMES, Instant(20))
            stopped = False
        except OSError:
            stopped = True

    rows = len(SnapshotStore(tmp_path, NAMES))
    assert rows in ((3, 4) if stopped else (4,))
    assert write_snapshot(people(4), tmp_path, NAMES, Instant(20))[1] == 4
    assert len(SnapshotStore(tmp_path, NAMES)) == 4
    assert not list(tmp_path.glob(".snapshot-*"))


def test_ids_whose_hashes_collide_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The id stands with the value and is compared; a stranger with the same hash is unknown."""
    for module in (snapshot_reader, snapshot_writer):
        monkeypatch.setattr(module, "hash_of", lambda customer_id: bytes([len(customer_id)] * 8))
    part = Batch(texts(["ada", "bob", "cyd"]), NAMES, np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]))
    write_snapshot(iter([part]), tmp_path, NAMES, Instant(10))

    found = SnapshotStore(tmp_path, NAMES).fetch(["cyd", "bob", "dan", "ada"])

    assert found.values[[0, 1, 3], 0].tolist() == [3.0, 2.0, 1.0]
    assert np.isnan(found.values[2]).all()


def test_a_customer_who_stands_there_twice_is_refused(tmp_path: Path) -> None:
    """Two rows of one customer would be served by chance."""
    part = Batch(texts(["ada", "ada"]), NAMES, np.zeros((2, 2)))

    with pytest.raises(Unavailable, match="twice"):
        write_snapshot(iter([part]), tmp_path, NAMES, Instant(10))


def test_the_same_rows_give_the_same_name_and_old_ones_are_let_go(tmp_path: Path) -> None:
    """Publishing twice changes nothing; only the current one and the one before stay."""
    first, _ = write_snapshot(people(2), tmp_path, NAMES, Instant(10))
    assert write_snapshot(people(2), tmp_path, NAMES, Instant(10))[0] == first
    for at in (20, 30, 40):
        last, _ = write_snapshot(people(2, at), tmp_path, NAMES, Instant(at))
        os.utime(tmp_path / last, (at, at))

    assert current(tmp_path) == last
    assert len(list(tmp_path.glob("snapshot-*"))) == 2
    assert json.loads((tmp_path / last / "manifest.json").read_text())["rows"] == 2


def test_a_snapshot_of_nobody_is_a_snapshot(tmp_path: Path) -> None:
    """A shop on its first day has no customers, and a service that starts."""
    assert write_snapshot(iter(()), tmp_path, NAMES, Instant(10))[1] == 0

    assert np.isnan(SnapshotStore(tmp_path, NAMES).fetch(["ada"]).values).all()
