"""Where the product ranking and the response model lie: folders named by content, and which was trained through when.

Not among the labels of ``model_folder``: they score pairs, not customers, so no alias points at a champion; the newest that used only
what was known, and was not withdrawn, is the one that speaks. To withdraw it is to go back to the one before.

::

    products/ranking/<sha256 of manifest>/   manifest.json · model.txt · withdrawn.json (at, who, reason; most have none)
    response/<sha256 of manifest>/           the same
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.atomic_files import sync
from adapters.model_store.champions import MANIFEST, TEXT
from otokui.domain import Instant
from otokui.errors import BrokenModel, Missing, OtokuiError
from otokui.ports import ModelFiles

WITHDRAWN = "withdrawn.json"


class PairFolder:
    """The models of one kind of one shop."""

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

    def withdraw(self, digest: str, at: Instant, *, who: str, reason: str) -> None:
        """Let a model speak no more from ``at`` on; who did it and why stays beside it. What is asked as of earlier is not changed.

        Raises:
            Missing: it was never exported here.
        """
        if not (self.folder / digest / MANIFEST).exists():
            raise Missing(f"{self._what} {digest[:12]} is not in {self.folder}", fix="name one of its folders")
        aside = self.folder / digest / f".{WITHDRAWN}.{os.getpid()}.part"
        aside.write_text(json.dumps({"at": int(at), "who": who, "reason": reason}, indent=1), encoding="utf-8")
        sync(aside)
        aside.rename(self.folder / digest / WITHDRAWN)
        sync(self.folder / digest)

    def speaking(self, as_of: Instant) -> str | None:
        """Return the digest of the model trained last on nothing later than ``as_of`` and not withdrawn by then; None: there is none.

        Raises:
            BrokenModel: a manifest cannot be read.
        """
        found: tuple[int, int, str] | None = None
        for manifest in self.folder.glob("*/" + MANIFEST):
            folder = manifest.parent
            if folder.name.startswith("."):
                continue
            try:
                through = int(json.loads(manifest.read_text(encoding="utf-8"))["trained_through"])
            except (ValueError, KeyError):
                raise BrokenModel(f"the {self._what} {folder.name[:12]} cannot be read", fix="remove its folder, `otokui train`") from None
            key = (through, manifest.stat().st_mtime_ns, folder.name)
            if through <= as_of and (found is None or key > found) and not self._withdrawn(folder, as_of):
                found = key
        return None if found is None else found[2]

    def newest(self, as_of: Instant) -> ModelFiles | None:
        """Return the files of the model that speaks as of an instant; None where none does.

        Raises:
            BrokenModel: it was changed after it was kept.
        """
        digest = self.speaking(as_of)
        if digest is None:
            return None
        folder = self.folder / digest
        files = ModelFiles((folder / MANIFEST).read_text(encoding="utf-8"), (folder / TEXT).read_text(encoding="utf-8"))
        if hashlib.sha256(files.manifest.encode()).hexdigest() != digest:
            raise BrokenModel(f"the {self._what} {digest[:12]} was changed after it was trained", fix="run `otokui train` again")
        return files

    def _withdrawn(self, folder: Path, as_of: Instant) -> bool:
        try:
            return int(json.loads((folder / WITHDRAWN).read_text(encoding="utf-8"))["at"]) <= as_of
        except FileNotFoundError:
            return False
        except (ValueError, KeyError):
            raise BrokenModel(f"{folder / WITHDRAWN} cannot be read", fix="remove it, or the whole folder, and `otokui train`") from None
