"""A folder for a shop: with a commented copy of the defaults, it works unedited."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.files.private_files import private_file, private_folder
from otokui.domain import known_timezone
from otokui.errors import BadInput, Conflict
from otokui.settings.service.service import Access, Environment
from otokui.settings.settings import DEFAULTS, load

SETTINGS_FILE = "otokui.toml"


def init(
    shop: Path,
    *,
    name: str | None = None,
    timezone: str | None = None,
    settings: Path | None = None,
    environment: Environment | None = None,
) -> Path:
    """Create the folder of a shop with commented settings; return the settings' path.

    timezone: IANA name; None = that of the settings. settings: a file to start from instead of the defaults; it must be one that
    can be loaded. environment: development, or production, which asks every caller for a key; None = that of the settings.

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
    if environment is not None:
        text = _with_service(text, "environment", environment)
        text = _with_service(text, "access", Access.KEYS) if environment is Environment.PRODUCTION else text
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


def _with_service(text: str, key: str, value: str) -> str:
    """Return settings with one key of the section [service] set, added where it is missing."""
    section = re.search(r"^\[service\]\n(?:(?!^\[).*\n?)*", text, flags=re.MULTILINE)
    if section is None:
        return f'{text.rstrip()}\n\n[service]\n{key} = "{value}"\n'
    changed, places = re.subn(rf'^{key} = "[^"]*"', f'{key} = "{value}"', section[0], count=1, flags=re.MULTILINE)
    if not places:
        changed = section[0].replace("[service]\n", f'[service]\n{key} = "{value}"\n', 1)
    return text[: section.start()] + changed + text[section.end() :]


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or "shop"
