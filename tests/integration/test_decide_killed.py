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
from dataclasses import dataclass, replace
from pathlib import Path
import numpy as np
from adapters.ledger import open_ledger
from otokui.frames import Batch, texts
from otokui.offers import Channel, Message
from pipelines.decide import Run, decide

DAY, AS_OF, SIZE = 86_400, 86_400_000, 500
folder, slow = Path(sys.argv[1]), float(sys.argv[2])
channels = (Channel(name="email", title="e", title_ja="e"),)
messages = (Message(message_id="news", scenario="n", title="n", title_ja="n", objective="visit", channels=("email",)),)

@dataclass(frozen=True)
class Rows:
    chunk: Batch
    contact: object
    refused: object

    def columns(self):
        ids, contact = self.chunk.customer_ids, self.contact & ~self.refused
        return {
            "decision_id": texts([f"d-{c}" for c in ids]), "customer_id": ids,
            "status": np.where(contact, "contact", np.where(self.refused, "suppressed", "no_contact")).astype(object),
            "message_id": np.where(contact, "news", None), "scenario": np.where(contact, "n", None),
            "channel": np.where(contact, "email", None),
            "send_at": np.where(contact, AS_OF + 60.0, np.nan), "valid_until": np.full(len(ids), AS_OF + DAY),
            "suppressions": np.where(self.refused, "contact_cap", None),
            "expected_value": np.where(contact, self.chunk.values[:, 0], np.nan),
        }

    def other_times(self, rows):
        return [()] * len(rows)

def rule(rows, contacts, rulings):
    refused = rows.refused.copy()
    refused[contacts[[not ruling for ruling in rulings]]] = True
    return replace(rows, refused=refused)

def recommend(chunk, state):
    time.sleep(slow)
    free = (state.contacts_in_period < 1) & (state.channel_contacts[:, 0] < 1)
    return Rows(chunk, free & (chunk.values[:, 0] > 0), np.zeros(len(chunk), dtype=bool))

def base():
    for part in range(12):
        ids = texts([f"c{part * SIZE + row:05d}" for row in range(SIZE)])
        yield Batch(ids, ("worth", "other"), np.random.default_rng(part).normal(size=(SIZE, 2)))

ledger = open_ledger(f"sqlite:///{folder}/ledger.db", channels=channels, messages=messages, contact_cap=1, contact_cap_days=7)
manifest = decide(
    base(), Run("r", AS_OF, AS_OF - DAY, {"policy": "p"}), recommend=recommend,
    rule=rule, ledger=ledger, out=folder / "out",
)
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
