"""Pause of all contacts of a shop, as a file in its folder.

Every reservation looks for the file. A file, because it holds within the same second for the service and for runs, also while the ledger is
down or is being restored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.files.atomic_files import replace_text
from otokui.domain import Instant, show_instant

FILE_NAME: Final = "paused.json"


@dataclass(frozen=True, slots=True)
class ContactPause:
    """Pause of one shop's contacts; ``shop``: its folder."""

    shop: Path

    def begin(self, reason: str, at: Instant, timezone: str) -> None:
        """Pause all contacts, at once and until ``end``."""
        replace_text(self.shop / FILE_NAME, json.dumps({"since": show_instant(at, timezone), "reason": reason}, ensure_ascii=False) + "\n")

    def end(self) -> bool:
        """Permit contacts again; return whether they were paused."""
        was = (self.shop / FILE_NAME).exists()
        (self.shop / FILE_NAME).unlink(missing_ok=True)
        return was

    def text(self) -> str:
        """Return since when and why contacts are paused, '' = they are not.

        A file that cannot be read pauses too.
        """
        path = self.shop / FILE_NAME
        if not path.exists():
            return ""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            return f"contacts are paused since {told['since']}: {told['reason']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "contacts are paused"
