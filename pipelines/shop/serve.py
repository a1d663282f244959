"""Becomes the service: pipelines and serving are strangers, and share only the shop's folder.

The process is replaced, not a child started: signals then reach the service itself, and it ends with the command that began it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from otokui.settings.service.service import Service

ROOT = Path(__file__).resolve().parents[2]


def service_command(host: str, port: int) -> list[str]:
    """Return the command that serves the shop named by the environment variable OTOKUI_SHOP."""
    return [sys.executable, "-m", "serving", "--host", host, "--port", str(port)]


def service_environment(shop: Path) -> dict[str, str]:
    """Return the environment of the service: the shop, this build's packages, and no telemetry."""
    return os.environ | {
        "OTOKUI_SHOP": str(shop.resolve()),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "OMP_NUM_THREADS": "1",
        "BENTOML_DO_NOT_TRACK": "True",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def serve(shop: Path, service: Service, *, port: int) -> NoReturn:
    """Serve until stopped; never returns.

    Raises:
        BadSettings: open access where it is not permitted.
    """
    service.check_access(service.host)
    environment = service_environment(shop)
    os.chdir(ROOT)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, service_command(service.host, port), environment)  # noqa: S606  our own service, without a shell
