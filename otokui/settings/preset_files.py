"""Preset channels and messages: rows in files of their own beside the settings, which a shop names, changes or leaves out.

Kept apart from ``otokui.toml``, where five hundred rows of what can be said hid what the shop can set.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field

from otokui.errors import BadSettings
from otokui.settings.offers import Section

PRESETS = Path(__file__).resolve().parent / "presets"
Kind = Literal["channels", "messages"]
KEYS: Final[dict[Kind, str]] = {"channels": "name", "messages": "message_id"}
"""By what a shop's row finds the preset that it changes."""
_FILE = r"^([a-z0-9_]+\.toml)?$"


class Presets(Section):
    """The channels and messages that come with Otokui; a shop's own rows change them or stand beside them."""

    channels: str = Field(
        default="channels.toml",
        pattern=_FILE,
        description='file of channels in otokui/settings/presets/; "" = none, the shop\'s own rows alone',
    )
    messages: str = Field(
        default="messages.toml",
        pattern=_FILE,
        description='file of messages in otokui/settings/presets/; "" = none, the shop\'s own rows alone',
    )

    def rows(self, kind: Kind, named_in: Path) -> list[dict[str, Any]]:
        """Return the preset channels or messages; ``named_in`` is the settings file that names them.

        Raises:
            BadSettings: no such file comes with Otokui.
        """
        name = self.channels if kind == "channels" else self.messages
        if not name:
            return []
        if not (PRESETS / name).is_file():
            there = sorted(path.name for path in PRESETS.glob("*.toml"))
            raise BadSettings(f"{named_in}: presets.{kind}: no file {name!r} comes with Otokui", fix=f'name one of {there}, or "" for none')
        return list(read_toml(PRESETS / name).get(kind, []))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file of settings or presets.

    Raises:
        BadSettings: it does not exist, or is not valid TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadSettings(f"{path} does not exist", fix="run `otokui init SHOP` first") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} is not valid TOML: {error}", fix="correct that line") from None
