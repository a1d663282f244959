"""Text of errors: for callers without paths and addresses, for the log without values.

A traceback with local variables, or an exception's own text, would put customers into the log.
"""

from __future__ import annotations

import os
import re
import traceback
from pathlib import Path
from typing import Final

from otokui.observe import log

_FRAMES = 6
SHOP_VARIABLE: Final = "OTOKUI_SHOP"

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s,;)'\"]+")
_PATH = re.compile(r"(?<![\w.~/-])/(?:[^\s/,;:)'\"]+/)+([^\s/,;:)'\"]*)")


def shop_folder() -> Path | None:
    """Return the folder of the served shop, from the environment variable OTOKUI_SHOP."""
    named = os.environ.get(SHOP_VARIABLE)
    return Path(named).resolve() if named else None


def caller_text(text: str) -> str:
    """Return an error text without absolute paths and addresses.

    Files of the shop are named from its folder on, other files by their last name.
    An address is replaced as a whole, password and host included: `postgresql://…` reads `(address)`.
    """
    shop = shop_folder()
    if shop is not None:  # first, because a folder's name may contain blanks
        text = text.replace(f"{shop}{os.sep}", "").replace(str(shop), "SHOP")
    return _PATH.sub(r"\1", _ADDRESS.sub("(address)", text))


def report(event: str, error: Exception, **bound: object) -> None:
    """Log an error by its type and the code locations it passed, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    locations = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    log.error(event, error=type(error).__name__, where=locations, **bound)
