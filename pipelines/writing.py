"""A text file that appears whole or not at all: written aside, then renamed."""

from __future__ import annotations

import os
from pathlib import Path

from otokui.errors import Unavailable


def replace_text(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Put a text where it was asked for; a reader never sees half of it.

    Raises:
        Unavailable: it cannot be written there.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding=encoding, newline="")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise Unavailable(f"{path} cannot be written ({error.strerror})", fix="name a place that exists and has room: --out") from None
