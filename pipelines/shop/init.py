"""A folder for a shop: with a commented copy of the defaults, it works unedited."""

from __future__ import annotations

from pathlib import Path

from adapters.private_files import private_file, private_folder
from otokui.errors import Conflict
from otokui.settings.settings import DEFAULTS, load

SETTINGS_FILE = "otokui.toml"


def init(shop: Path, *, name: str | None = None, settings: Path | None = None) -> Path:
    """Make the folder of a shop and put the commented settings into it; return the settings' path.

    settings: a file to start from instead of the defaults; it must be one that can be loaded.

    Raises:
        Conflict: the folder is a shop already; its settings are left as they are.
    """
    target = shop / SETTINGS_FILE
    if target.exists():
        raise Conflict(f"{target} exists already", fix="edit it, or name another folder")
    load(settings or DEFAULTS)
    if not shop.exists():
        private_folder(shop)
    text = (settings or DEFAULTS).read_text(encoding="utf-8")
    # The name goes into model names, so that two shops can share one MLflow registry.
    text = text.replace('name = "shop"', f'name = "{name or _plain(shop.resolve().name)}"', 1)
    aside = target.with_suffix(".part")
    private_file(aside)
    aside.write_text(text, encoding="utf-8")
    aside.rename(target)
    return target


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or "shop"
