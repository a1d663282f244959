"""Canary check of models in a child process, which a damaged file may end.

Of 1,000 damaged LightGBM files 674 end the process by a signal and 17 never return; neither can be caught
from inside.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from otokui.errors import BrokenModel

TIMEOUT_SECONDS = 60.0
_ROOT = Path(__file__).resolve().parents[2]
_FIX = "train and promote again; the model that was live stays live"


def canary(folders: Sequence[Path], *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
    """Load models of ``folders`` and score their canary rows in one child process.

    Most of its time is imports.

    Raises:
        BrokenModel: the child failed, was ended by a signal, or did not return in time; names the model.
    """
    if not folders:
        return
    with tempfile.TemporaryDirectory(prefix="otokui-canary-") as together:
        for number, folder in enumerate(folders):
            (Path(together) / f"{number:03d}").symlink_to(folder.resolve(), target_is_directory=True)
        failure = _fate(Path(together), timeout_seconds)
    if failure is None:
        return
    # Only now is it worth a process each: to say which one it was.
    for folder in folders:
        if (failure_alone := _fate(folder, timeout_seconds)) is not None:
            raise BrokenModel(f"model {folder.parent.name}@{folder.name[:12]} {failure_alone}", fix=_FIX)
    raise BrokenModel(f"of models that pass alone, trying {len(folders)} together {failure}", fix="try again")


def _fate(folder: Path, timeout_seconds: float) -> str | None:
    """Return what became of a child that tried the models of a folder, None when it ended well."""
    paths = filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "scoring.canary", str(folder)]
    try:
        tried = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_seconds, check=False)
    except subprocess.TimeoutExpired:
        return f"did not score its canary rows within {timeout_seconds:g} s"
    if tried.returncode < 0:
        return f"ended the process that tried it by {signal.Signals(-tried.returncode).name}"
    if tried.returncode == 0:
        return None
    last = tried.stderr.decode(errors="replace").strip().splitlines()
    return f"did not pass its canary: {last[-1] if last else f'exit {tried.returncode}'}"
