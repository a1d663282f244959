"""Decision jobs as the service sees them.

It holds the store, the limit of waiting jobs, and how to start the worker. The worker is a child process with lower priority: deciding for
a whole base in this process would hold up every call. It shares the shop's folder with the service and nothing else, so it does not matter
which of them ends first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from otokui.ports.decision_jobs import DecisionJobs

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class JobDesk:
    """Jobs of a shop, and how to begin a worker.

    most_waiting: jobs that have not ended, at most. begin: starts a worker, which ends when no job waits, and with this process.
    """

    jobs: DecisionJobs
    most_waiting: int
    begin: Callable[[], subprocess.Popen[bytes]]


def begin_worker(shop: Path) -> subprocess.Popen[bytes]:
    """Start a worker for the jobs of a shop.

    The worker is `otokui run-jobs`, which sees the end of this process at its standard input.
    """
    return begin_verb("run-jobs", "--shop", str(shop.resolve()), "--with-parent")


def begin_verb(*words: str) -> subprocess.Popen[bytes]:
    """Start a verb of `otokui` as a child process of this build."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "--log-json", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
