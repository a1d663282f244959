"""Clients that kept generators make of the OpenAPI document, in Python and TypeScript, against the service over HTTP.

`make clients` installs the generators; nothing is downloaded here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from benchmarks.http.__main__ import free_port
from tests.unit.serving.conftest import World

CLIENTS = Path(__file__).resolve().parents[4] / "examples" / "clients"
PYTHON_GENERATOR = CLIENTS / "python" / ".venv" / "bin" / "openapi-python-client"
TYPESCRIPT = CLIENTS / "typescript"
EXPECTED = {"statuses": ["contact", "suppressed"], "same": True, "missing": 404}


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """The service of the unit tests behind a real socket."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(world.app.asgi, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10.0)


def run(*command: str, cwd: Path, **more: Any) -> str:
    """Run a command; its output is in the failure."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON_GENERATOR.exists(), reason="the generator of Python clients is not installed: make clients")
def test_a_generated_python_client_decides(address: str, tmp_path: Path) -> None:
    """Typed requests and replies, problem documents included."""
    (tmp_path / "openapi.json").write_bytes(httpx.get(f"{address}/openapi.json").content)
    made = ("--path", "openapi.json", "--output-path", "otokui_client", "--meta", "none")
    run(str(PYTHON_GENERATOR), "generate", *made, cwd=tmp_path)
    shutil.copy(CLIENTS / "python" / "ask.py", tmp_path)

    said = json.loads(run(sys.executable, "ask.py", address, cwd=tmp_path))

    assert {name: said[name] for name in EXPECTED} == EXPECTED
    assert said["fix"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.skipif(not (TYPESCRIPT / "node_modules").exists(), reason="the generator of TypeScript clients is not installed: make clients")
def test_a_generated_typescript_client_decides(address: str, tmp_path: Path) -> None:
    """The program is checked against the generated types, then run."""
    for name in ("package.json", "tsconfig.json", "ask.ts"):
        shutil.copy(TYPESCRIPT / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(TYPESCRIPT / "node_modules")
    (tmp_path / "openapi.json").write_bytes(httpx.get(f"{address}/openapi.json").content)
    bin_folder = TYPESCRIPT / "node_modules" / ".bin"
    run(str(bin_folder / "openapi-typescript"), "openapi.json", "-o", "otokui.d.ts", "--default-non-nullable", "false", cwd=tmp_path)
    run(str(bin_folder / "tsc"), "--preserveSymlinks", cwd=tmp_path)

    said = json.loads(run("node", "built/ask.js", address, cwd=tmp_path))

    assert {name: said[name] for name in EXPECTED} == EXPECTED
    assert said["fix"]
