"""A run over the whole base that is killed without warning is completed by the same command, byte for byte."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys, time
from dataclasses import dataclass
from pathlib import Path
import numpy as np
from adapters.ledger import open_ledger
from otokui.frames import Batch, texts
from pipelines.decision_run.nightly_run import Run, decide
from scoring import ModelSet
from tests.unit.decisions.builders import AS_OF, Foretold, channel, message, people, policy, settings

DAY, SIZE = 86_400, 500
folder, slow = Path(sys.argv[1]), float(sys.argv[2])
said = [message("news", eligible=[{"column": "tenure_days", "at_least": 0.0}])], [channel(needs_consent=False)]
shop = settings(*said, contact_cap=1)

class Slow(Foretold):
    def decide(self, batch):
        time.sleep(slow)
        return Foretold.decide(self, batch)

def look(chunk, under):
    return people(under, list(chunk.customer_ids), tenure_days=chunk.values[:, 0])

def base():
    for part in range(12):
        ids = texts([f"c{part * SIZE + row:05d}" for row in range(SIZE)])
        yield Batch(ids, ("last_purchase_at", "other"), np.random.default_rng(part).normal(size=(SIZE, 2)))

ledger = open_ledger(f"sqlite:///{folder}/ledger.db", channels=shop.channels, messages=shop.messages, contact_cap=1, contact_cap_days=7)
engine = Slow(ModelSet({}), policy(*said, contact_cap=1), look=look)
run = Run("r", AS_OF, AS_OF, {"policy": "p", "channels": ["email"]})
manifest = decide(base(), run, engine=engine, ledger=ledger, out=folder / "out")
print(manifest["rows"], manifest["by_status"]["contact"], flush=True)
"""


def start(folder: Path, slow: float) -> subprocess.Popen[str]:
    """Start the run in a process of its own."""
    folder.mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder), str(slow)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_after(folder: Path, parts: int, pause: float) -> bool:
    """Kill a slow run a moment after so many parts have come out; say whether it was still running."""
    run = start(folder, 0.02)
    deadline = time.monotonic() + 60
    while run.poll() is None and len(list(folder.glob("out/part-*.json"))) < parts and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(pause)
    run.send_signal(signal.SIGKILL)
    return run.wait() == -signal.SIGKILL


def result(folder: Path) -> dict[str, bytes]:
    """Return every file that came out."""
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir()) if path.name != ".lock"}


def places(folder: Path) -> list[tuple[str, str]]:
    """Return the places in the ledger."""
    with sqlite3.connect(folder / "ledger.db") as raw:
        return raw.execute("SELECT customer_id, decision_id FROM reservations ORDER BY 1, 2").fetchall()


@pytest.mark.slow
def test_a_killed_run_is_completed_byte_for_byte(tmp_path: Path) -> None:
    """Killed twice at differing moments, then left alone; files and places equal those of an undisturbed run."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    said, _ = start(whole, 0.0).communicate(timeout=120)

    was_running = [kill_after(killed, parts, pause) for parts, pause in ((2, 0.003), (7, 0.017))]
    assert any(was_running)
    again, _ = start(killed, 0.0).communicate(timeout=120)

    assert again == said
    assert int(said.split()[0]) == 6_000
    assert result(killed) == result(whole)
    assert places(killed) == places(whole)
    assert len(places(whole)) == int(said.split()[1])
