"""How strong each mechanism of a simulated shop is; a world is a TOML file that says what differs from the default."""

from __future__ import annotations

from pathlib import Path

from otokui.offers import Section


class WorldSettings(Section):
    """One world."""

    name: str = "default"


def load_world(name_or_file: str | Path) -> WorldSettings:
    """Read a world that comes with the simulator by its name (default, grocery, …), or a TOML file."""
    raise NotImplementedError
