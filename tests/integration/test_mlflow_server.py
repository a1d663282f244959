"""The same registry through an MLflow server: addresses, artifacts and aliases go over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.models.registry.mlflow_client import MlflowStore
from adapters.models.registry.mlflow_tracking import training_run
from adapters.models.registry.registry import CHAMPION, MlflowRegistry
from otokui.domain import Instant, Label
from otokui.ports.models import ModelFiles

FILES = ModelFiles(manifest='{"label": "churn"}', text="tree\nversion=v4\nfeature_names=recency_days\n")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowStore]:
    """A server with the settings of mlflow/README.md, on a free port of the loopback."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, *stores],
            cwd=folder,
            stdout=log,
            stderr=log,
            env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            start_new_session=True,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health", server, folder / "server.log")
        yield MlflowStore.of_shop(f"http://127.0.0.1:{port}", folder)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    pytest.fail(f"MLflow's server did not start: {log.read_text()[-2000:]}")


@pytest.mark.slow
def test_a_model_goes_through_a_server_and_back(store: MlflowStore) -> None:
    """A shop that names a server needs no access to its disk or its database."""
    with training_run(store, "demo", "nightly") as tracker:
        tracker.artifact("churn/reliability.png", b"\x89PNG")
        tracker.metrics({"churn.auc": 0.7}, 0)
        run_id = tracker.run_id
    registry = MlflowRegistry(store, "demo")

    version = registry.register(Label.CHURN, FILES, run_id)
    registry.promote(Label.CHURN, version, lambda _: None, who="ada", reason="gate passed", at=Instant(1_700_000_000))

    assert registry.champion(Label.CHURN) == FILES
    assert [(v.version, v.aliases) for v in registry.history(Label.CHURN)] == [(1, (CHAMPION,))]
