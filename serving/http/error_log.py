"""Log line of an unexpected error: its type and code locations, never its values.

A traceback with local variables, or an exception's own text, would put customers into the log.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from otokui.observe import log

_FRAMES = 6


def report(event: str, error: Exception, **bound: object) -> None:
    """Log an error by its type and the code locations it passed, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    locations = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    log.error(event, error=type(error).__name__, where=locations, **bound)
