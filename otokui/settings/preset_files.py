"""Preset channels and messages, in files beside the settings.

A shop names, changes or leaves them out. In ``otokui.toml``, five hundred rows of presets hid the settings themselves.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field

from otokui.errors import BadSettings
from otokui.settings.section import Section

PRESETS = Path(__file__).resolve().parent / "presets"
Kind = Literal["channels", "messages"]
KEYS: Final[dict[Kind, str]] = {"channels": "name", "messages": "message_id"}
"""Key columns by which a shop's row changes a preset."""
_FILE = r"^([a-z0-9_]+\.toml)?$"


class Presets(Section):
    """Preset channels and messages of Otokui, by file.

    A shop's own rows change them or are added to them.
    """

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
        """Return the rows of the preset channels or messages.

        named_in: the settings file that names them.

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
    """Read a TOML file of settings or presets.

    Raises:
        BadSettings: it does not exist, or is not valid TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadSettings(f"{path} does not exist", fix="run `otokui init SHOP` first") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} is not valid TOML: {error}", fix="correct that line") from None
