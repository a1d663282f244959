"""Mark of the served summaries: how far they include the inbox.

It names the version of the store, because store and mark are not written in one step. Where it names another version, or is missing,
nothing of the inbox counts as included: the service then reads entries that are on record too, which changes no row.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from otokui.domain import Instant

FILE_NAME: Final = "inbox.json"


@dataclass(frozen=True, slots=True)
class ServedMark:
    """Version and cut-off of the served summaries, and their last inbox entry.

    The last entry is the last of the inbox that was on record for them.
    """

    version: str
    cutoff: Instant
    through: int

    def includes(self, sequence: int, visible_at: int) -> bool:
        """Return whether the summaries include an entry."""
        return sequence <= self.through and visible_at < self.cutoff


def write_mark(online: Path, mark: ServedMark) -> None:
    """Write the mark beside the summaries."""
    aside = online / f".{FILE_NAME}.{os.getpid()}.part"
    aside.write_text(json.dumps(asdict(mark)), encoding="utf-8")
    aside.replace(online / FILE_NAME)


def read_mark(online: Path) -> ServedMark | None:
    """Return the mark, None where there is none that can be read."""
    try:
        said = json.loads((online / FILE_NAME).read_text(encoding="utf-8"))
        return ServedMark(str(said["version"]), Instant(int(said["cutoff"])), int(said["through"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
