"""A folder for a shop: with a commented copy of the defaults, it works unedited."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.files.private_files import private_file, private_folder
from otokui.domain import known_timezone
from otokui.errors import BadInput, Conflict
from otokui.settings.settings import DEFAULTS, load

SETTINGS_FILE = "otokui.toml"


def init(shop: Path, *, name: str | None = None, timezone: str | None = None, settings: Path | None = None) -> Path:
    """Create the folder of a shop with commented settings; return the settings' path.

    timezone: IANA name; None = that of the settings. settings: a file to start from instead of the defaults; it must be one that
    can be loaded.

    Raises:
        Conflict: the folder is a shop already; its settings are left as they are.
        BadInput: there is no such time zone, or the settings name none that could be replaced; nothing was made.
    """
    target = shop / SETTINGS_FILE
    if target.exists():
        raise Conflict(f"{target} exists already", fix="edit it, or name another folder")
    load(settings or DEFAULTS)
    text = (settings or DEFAULTS).read_text(encoding="utf-8")
    if timezone is not None:
        text = _in_zone(text, timezone)
    if not shop.exists():
        private_folder(shop)
    # The name goes into model names, so that two shops can share one MLflow registry.
    text = text.replace('name = "shop"', f'name = "{name or _plain(shop.resolve().name)}"', 1)
    aside = target.with_suffix(".part")
    private_file(aside)
    aside.write_text(text, encoding="utf-8")
    aside.rename(target)
    return target


def _in_zone(text: str, timezone: str) -> str:
    """Return settings with the time zone in the place of theirs."""
    replaced, places = re.subn(r'^timezone = "[^"]*"', f'timezone = "{known_timezone(timezone)}"', text, count=1, flags=re.MULTILINE)
    if not places:
        raise BadInput("the settings to start from name no time zone", fix=f'write timezone = "{timezone}" into their section [shop]')
    return replaced


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or "shop"
