"""Settings history: live settings by digest, with author, time and reason of each change.

::

    settings-trail/<digest>.toml   a shop's otokui.toml as it was, under the digest of what governs decisions
    settings-trail/history.json    every promotion and refusal with its figures, oldest first

It is the folder SHOP/settings-trail. Replacing otokui.toml in one step promotes a policy, and the service notices. The file's comments stay
as its author wrote them.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from adapters.files.atomic_files import publish
from otokui.errors import Conflict, Unavailable

HISTORY: Final = "history.json"


class SettingsHistory:
    """History of one shop's settings; ``settings`` is the live file."""

    def __init__(self, folder: Path, settings: Path) -> None:
        self.folder, self.settings = folder, settings

    def history(self) -> list[dict[str, Any]]:
        """Return every promotion and refusal, oldest first.

        Raises:
            Unavailable: the history cannot be read.
        """
        try:
            entries: list[dict[str, Any]] = json.loads((self.folder / HISTORY).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"{self.folder / HISTORY} cannot be read: {error}", fix="restore it from a backup; nothing was changed"
            ) from None
        return entries

    def refuse(self, entry: Mapping[str, Any]) -> None:
        """Record a policy that was not promoted."""
        with self._alone():
            self._record({**entry, "kind": "refused"})

    def promote(self, proposed: bytes, was: bytes, digests: tuple[str, str], entry: Mapping[str, Any]) -> None:
        """Make ``proposed`` the live settings and record the promotion.

        Present and new settings are stored under their digests.
        The history is written first: a change without an entry is worse than an entry whose change failed.

        Raises:
            Conflict: the live settings are no longer ``was``, with which the policy was compared.
        """
        with self._alone():
            if self.settings.read_bytes() != was:
                raise Conflict(f"{self.settings} was changed while the policy was judged", fix="judge it again: the same command")
            for digest, content in zip(digests, (was, proposed), strict=True):
                self._write(self.folder / f"{digest}.toml", content)
            self._record({**entry, "kind": "promoted"})
            self._write(self.settings, proposed)

    def _record(self, entry: Mapping[str, Any]) -> None:
        entries = [*self.history(), dict(entry)]
        self._write(self.folder / HISTORY, (json.dumps(entries, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Lock the history, so that two promotions take turns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, path: Path, content: bytes) -> None:
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        temporary.write_bytes(content)
        publish(temporary, path)
