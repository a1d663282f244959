"""What an error may say to whoever calls: files by their place in the shop's folder, and no address of anything else."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

SHOP_VARIABLE: Final = "OTOKUI_SHOP"

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s,;)'\"]+")
_PATH = re.compile(r"(?<![\w.~/-])/(?:[^\s/,;:)'\"]+/)+([^\s/,;:)'\"]*)")


def shop_folder() -> Path | None:
    """Return the shop that is to be served, from the environment variable OTOKUI_SHOP."""
    named = os.environ.get(SHOP_VARIABLE)
    return Path(named).resolve() if named else None


def told(text: str) -> str:
    """Return the text with files of the shop named from its folder on, other files by their last name, addresses cut.

    Once an address is left out nothing of it remains, password and host included: `postgresql://…` reads `(address)`.
    """
    shop = shop_folder()
    if shop is not None:  # first, because a folder's name may hold spaces
        text = text.replace(f"{shop}{os.sep}", "").replace(str(shop), "SHOP")
    return _PATH.sub(r"\1", _ADDRESS.sub("(address)", text))
