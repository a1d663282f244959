"""What features are called in Japanese, as they stand in a sentence before a threshold.

English names are the first words of what a feature says of itself; a second language beside every function would be read by nobody who
writes one, so it stands in a file that a translator can open.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def japanese() -> dict[str, str]:
    """Return features by name in Japanese; one that is missing is shown in English."""
    return tomllib.loads(files("features").joinpath("names_ja.toml").read_text(encoding="utf-8"))
