"""Starts the service as a process of its own: pipelines and serving are strangers, and share only the shop's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def service_command(host: str, port: int) -> list[str]:
    """Return the command that serves the shop named by the environment variable OTOKUI_SHOP."""
    return [sys.executable, "-m", "bentoml", "serve", "serving.service:OtokuiService", "--host", host, "--port", str(port)]


def service_environment(shop: Path) -> dict[str, str]:
    """Return the environment of the service: the shop, this build's packages, and no telemetry."""
    return os.environ | {
        "OTOKUI_SHOP": str(shop.resolve()),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "OMP_NUM_THREADS": "1",
        "BENTOML_DO_NOT_TRACK": "True",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def serve(shop: Path, *, host: str, port: int) -> int:
    """Serve until stopped; return the exit code."""
    return subprocess.run(service_command(host, port), env=service_environment(shop), cwd=ROOT, check=False).returncode
