"""A run that is killed leaves nothing half-written: the shop is as before, or as after, and the next run works."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.records.store.commit_log import RecordLog
from tests.unit.pipelines.ingesting import LINES, ORDERS, Shop

KILLED = """
import os, signal, sys
import adapters.files.atomic_files as durable
from pathlib import Path

fatal, place, seen = int(sys.argv[1]), sys.argv[2], [0]

def dying(name):
    real = getattr(os, name)
    def counted(*arguments, **named):
        if place == "before" and seen[0] == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments, **named)
        if place == "after" and seen[0] == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        seen[0] += 1
        return result
    return counted

os.fsync, os.rename = dying("fsync"), dying("rename")

from otokui.settings.settings import Settings, ShopSettings
from pipelines.ingestion.ingest import ingest

ingest(Path(sys.argv[3]), Settings(shop=ShopSettings(timezone="UTC")), {"orders": sys.argv[4], "order_lines": sys.argv[5]}, 1_717_200_000)
print("steps", seen[0])
"""

NEW_ORDERS = ORDERS + "o1,a,2024-01-01\no2,b,2024-01-02\n"
NEW_LINES = LINES + "o1,p,1,5\no2,p,1,7\no2,p,1,seven\n" + "".join(f"o2,p{i},1,1\n" for i in range(40))


def run(shop: Shop, fatal: int, place: str = "before") -> subprocess.CompletedProcess[str]:
    """Ingest in a process of its own that kills itself at one of its fsyncs and renames."""
    files = (shop.file("new-orders.csv", NEW_ORDERS), shop.file("new-lines.csv", NEW_LINES))
    command = [sys.executable, "-c", KILLED, str(fatal), place, str(shop.path), *files]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2], timeout=300)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop with one order."""
    shop = Shop(tmp_path)
    shop.bring(orders=ORDERS + "o0,a,2023-01-01\n", order_lines=LINES + "o0,p,1,1\n")
    return shop


@pytest.mark.slow
def test_killed_at_steps_from_first_to_last(shop: Shop, tmp_path: Path) -> None:
    """SIGKILL at fsyncs and renames: nothing of the batch is seen, and the run that gets through sweeps what lies about."""
    whole = Shop(tmp_path / "whole")
    steps = int(run(whole, fatal=10_000).stdout.split()[-1])
    assert steps > 10

    # The last two steps commit; they have a test of their own.
    for fatal in sorted({0, steps // 2, steps - 3}):
        killed = run(shop, fatal)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert shop.rows("orders", "order_id") == [("o0",)]
        assert shop.rows("order_lines", "order_id") == [("o0",)]

    finished = run(shop, fatal=10_000)
    assert finished.returncode == 0, finished.stderr
    assert [r[0] for r in shop.rows("orders", "order_id")] == ["o0", "o1", "o2"]
    named = {f.path for c in RecordLog(shop.path / "records").commits() for f in c.files}
    lying = {str(p.relative_to(shop.path / "records")) for p in (shop.path / "records").glob("*/known_on=*/*")}
    assert lying == named
    assert len(list((shop.path / "quarantine").glob("*/*"))) == 1
    assert not (shop.path / "records" / "_staging").exists()


@pytest.mark.slow
def test_killed_just_before_and_just_after_the_commit(shop: Shop, tmp_path: Path) -> None:
    """One rename makes all tables of the batch visible: before it none, after it all."""
    whole = Shop(tmp_path / "whole")
    steps = int(run(whole, fatal=10_000).stdout.split()[-1])
    # The last two steps are the rename of the log entry and the fsync of its folder.
    commit = steps - 2
    before = run(shop, commit, "before")
    assert before.returncode == -signal.SIGKILL
    assert shop.rows("orders", "order_id") == [("o0",)]

    after = run(shop, commit, "after")
    assert after.returncode == -signal.SIGKILL
    assert shop.rows("orders", "order_id") == [("o0",), ("o1",), ("o2",)]
    assert {r[0] for r in shop.rows("order_lines", "order_id")} == {"o0", "o1", "o2"}

    again = run(shop, fatal=10_000)
    assert again.returncode == 0, again.stderr
    assert len(RecordLog(shop.path / "records").commits()) == 2
