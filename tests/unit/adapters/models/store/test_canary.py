"""A model is tried in a child process: whatever it does to that process, here it is one error with a fix."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.models.store import canary
from otokui.errors import BrokenModel

FOLDER = Path("models/churn/0123456789abcdef")


def instead(monkeypatch: pytest.MonkeyPatch, code: str) -> list[list[str]]:
    """Run ``code`` in the canary's stead; the commands it would have run are in the list returned."""
    real, commands = subprocess.run, []

    def run(command: list[str], **kwargs: Any) -> Any:
        commands.append([*command, *(str(each.readlink()) for each in Path(command[-1]).glob("*"))])
        return real([sys.executable, "-c", code], **kwargs)

    monkeypatch.setattr(canary.subprocess, "run", run)
    return commands


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os; os.kill(os.getpid(), 11)", "ended the process that tried it by SIGSEGV"),
        ("import os; os.kill(os.getpid(), 6)", "by SIGABRT"),
        ("raise SystemExit('canary row 3 is NaN')", "canary row 3 is NaN"),
        ("import time; time.sleep(60)", "within 1 s"),
    ],
)
def test_however_the_child_ends_the_model_is_broken(monkeypatch: pytest.MonkeyPatch, code: str, says: str) -> None:
    """A signal, an exit code and a hang are told apart, and all are BrokenModel."""
    instead(monkeypatch, code)

    with pytest.raises(BrokenModel, match=says) as caught:
        canary.canary([FOLDER], timeout_seconds=1.0)

    assert caught.value.fix


def test_a_model_that_scores_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit 0 is all it takes: one child has scored the canary rows of all models together, and none was asked again alone."""
    commands = instead(monkeypatch, "pass")

    canary.canary([tmp_path / "churn", tmp_path / "spend"])

    assert [command[1:3] for command in commands] == [["-m", "scoring.canary"]]
    assert sorted(commands[0][4:]) == [str(tmp_path / "churn"), str(tmp_path / "spend")]
