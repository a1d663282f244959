"""Worlds of the simulated shop, one TOML file each, as differences from the default.

Read apart from the settings themselves, so that a world that nobody has seen can be brought as a file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from otokui.errors import BadSettings, Missing
from simulator.settings.world_settings import WorldSettings

FOLDER = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the names of the worlds that come with the shop."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_world(name_or_file: str | Path) -> WorldSettings:
    """Read a world by its name (default, grocery, …), or a TOML file.

    Raises:
        Missing: there is neither a world nor a file of that name.
        BadSettings: the file cannot be followed; names the key and what is permitted there.
    """
    path = FOLDER / f"{name_or_file}.toml" if str(name_or_file) in names() else Path(name_or_file)
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise Missing(
            f"{str(name_or_file)!r} is neither a world nor a file", fix=f"choose one of {', '.join(names())}, or a TOML file"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path.name} is not valid TOML: {error}", fix="correct that line") from None
    try:
        return WorldSettings.model_validate({"name": path.stem} | raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadSettings(
            f"{path.name}: {where}: {first['msg']} (found {str(first.get('input'))[:80]!r})",
            fix="correct that key; docs/reference/worlds.md lists every key with its meaning",
        ) from None
