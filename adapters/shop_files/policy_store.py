"""Policy store: every policy that made decisions, under its digest.

Replay needs it after the settings have changed.

::

    policies/<digest>.json   what ``decisions.compiler.policy_record`` writes; never changed, never removed by the product
"""

from __future__ import annotations

import os
from pathlib import Path

from adapters.files.atomic_files import publish
from otokui.errors import Missing


class PolicyFolder:
    """Policies by digest in a folder, SHOP/policies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, digest: str, record: str) -> None:
        """Store a policy's record; a second call changes nothing."""
        target = self._path(digest)
        if target.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{digest}.{os.getpid()}.part"
        temporary.write_text(record, encoding="utf-8")
        publish(temporary, target)

    def read(self, digest: str) -> str:
        """Return the record of a policy.

        Raises:
            Missing: no policy has this digest.
        """
        try:
            return self._path(digest).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise Missing(
                f"policy {digest} is not kept in {self.folder}",
                fix="replay in the shop's folder that decided; policies of before this was kept cannot be replayed",
            ) from None

    def _path(self, digest: str) -> Path:
        return self.folder / f"{digest}.json"
