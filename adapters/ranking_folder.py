"""Where the product ranking, the response model and the answer model lie: folders named by content, and which was trained through when.

Not among the labels of ``model_folder``: they score pairs, not customers, so they have neither champion nor gate against
one; the newest that used only what was known is the one that speaks.

::

    products/ranking/<sha256 of manifest>/   manifest.json · model.txt
    response/<sha256 of manifest>/           the same
    answers/<sha256 of manifest>/            the same
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.durable import sync
from adapters.model_folder import MANIFEST, TEXT
from otokui.domain import Instant
from otokui.errors import BrokenModel, OtokuiError
from otokui.ports import ModelFiles


class RankingFolder:
    """The rankings of one shop."""

    def __init__(self, folder: Path, *, what: str = "product ranking") -> None:
        self.folder = folder
        self._what = what

    def export(self, files: ModelFiles, tries: Callable[[Sequence[Path]], None] = lambda _: None) -> str:
        """Keep a model, whole or not at all, and return the SHA-256 of its manifest; once more changes nothing.

        tries: what its folder must pass before it counts; raises BrokenModel.
        """
        digest = hashlib.sha256(files.manifest.encode()).hexdigest()
        target = self.folder / digest
        if target.exists():
            return digest
        aside = self.folder / f".{digest[:12]}.{os.getpid()}.part"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for name, text in ((MANIFEST, files.manifest), (TEXT, files.text)):
            (aside / name).write_text(text, encoding="utf-8", newline="")
            sync(aside / name)
        try:
            tries([aside])
        except OtokuiError:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        aside.rename(target)
        sync(self.folder)
        return digest

    def newest(self, as_of: Instant) -> ModelFiles | None:
        """Return the ranking trained last on nothing later than ``as_of``; None where there is none.

        Raises:
            BrokenModel: it was changed after it was kept.
        """
        found: tuple[int, int, Path] | None = None
        for manifest in self.folder.glob("*/" + MANIFEST):
            if manifest.parent.name.startswith("."):
                continue
            try:
                through = int(json.loads(manifest.read_text(encoding="utf-8"))["trained_through"])
            except (ValueError, KeyError):
                raise BrokenModel(
                    f"the {self._what} {manifest.parent.name[:12]} cannot be read", fix="remove its folder, `otokui train`"
                ) from None
            key = (through, manifest.stat().st_mtime_ns, manifest.parent)
            if through <= as_of and (found is None or key > found):
                found = key
        if found is None:
            return None
        folder = found[2]
        files = ModelFiles((folder / MANIFEST).read_text(encoding="utf-8"), (folder / TEXT).read_text(encoding="utf-8"))
        if hashlib.sha256(files.manifest.encode()).hexdigest() != folder.name:
            raise BrokenModel(f"the {self._what} {folder.name[:12]} was changed after it was trained", fix="run `otokui train` again")
        return files
