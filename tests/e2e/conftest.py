"""The shop of 500 households, made once however many workers run the tests."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from tests.e2e import households


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained shop, to be copied (``households.copied``) and never changed: other files use it at the same time."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "households"
    with (folder.parent / "households.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            households.make(folder)
            (folder / "made").touch()
    return folder / "shop"
