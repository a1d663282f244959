"""Store of pair models: folders named by content, and the live one by instant.

Pair models are the product ranking and the response model.

Not in the folder of the labels (``adapters.models.store.champions``): what is asked as of a day is answered by the model that stood
then, and folders of earlier builds have no pointer. There the newest that used only what was known, and was not withdrawn, speaks;
every promotion and withdrawal since stands in ``moves.json``, and the last promotion that still stands counts before what was only kept.

::

    products/ranking/<sha256 of manifest>/   manifest.json · model.txt · withdrawn.json (earlier builds: at, who, reason)
    products/ranking/moves.json              [{digest, kind: promoted | withdrawn, at, who, reason}], oldest first
    response/                                the same
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.files.atomic_files import sync
from adapters.models.store.champions import MANIFEST, TEXT
from otokui.domain import Instant
from otokui.errors import BrokenModel, Missing, OtokuiError
from otokui.ports.models import ModelFiles

WITHDRAWN: Final = "withdrawn.json"
MOVES: Final = "moves.json"
_PROMOTED, _TAKEN_BACK = "promoted", "withdrawn"


class PairFolder:
    """The models of one kind of one shop."""

    def __init__(self, folder: Path, *, what: str = "product ranking") -> None:
        self.folder = folder
        self._what = what

    def export(self, files: ModelFiles, tries: Callable[[Sequence[Path]], None] = lambda _: None) -> str:
        """Store a pair model, whole or not at all; return its manifest's SHA-256.

        Once more changes nothing.

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

    def promote(self, digest: str, at: Instant, *, who: str, reason: str) -> None:
        """Let a model speak from ``at`` on, whatever was trained later or withdrawn before. What is asked as of earlier is not changed.

        Raises:
            Missing: it was never exported here.
        """
        self._move(digest, _PROMOTED, at, who, reason)

    def withdraw(self, digest: str, at: Instant, *, who: str, reason: str) -> None:
        """Let a model speak no more from ``at`` on. What is asked as of earlier is not changed.

        Raises:
            Missing: it was never exported here.
        """
        self._move(digest, _TAKEN_BACK, at, who, reason)

    def withdrawn(self, digest: str) -> str | None:
        """Return why a model was withdrawn.

        None where it was not, or was promoted again since.
        """
        last = self._last_moves(None).get(digest)
        return str(last[1]["reason"]) if last is not None and last[1]["kind"] == _TAKEN_BACK else None

    def speaking(self, as_of: Instant) -> str | None:
        """Return the digest of the live model as of an instant, None = none.

        Of those that learnt from nothing later and are not withdrawn: the one promoted last, else the one trained last.

        Raises:
            BrokenModel: a manifest, or what was said of the models, cannot be read.
        """
        moves = self._last_moves(as_of)
        newest: tuple[int, int, int, str] | None = None
        for manifest in self.folder.glob("*/" + MANIFEST):
            name = manifest.parent.name
            number, move = moves.get(name, (-1, {}))
            if name.startswith(".") or move.get("kind") == _TAKEN_BACK:
                continue
            through = self.trained_through(name)
            key = (number, through, manifest.stat().st_mtime_ns, name)
            if through <= as_of and (newest is None or key > newest):
                newest = key
        return None if newest is None else newest[3]

    def trained_through(self, digest: str) -> Instant:
        """Return what a model learnt through.

        Raises:
            BrokenModel: its manifest does not say.
        """
        try:
            return Instant(int(json.loads((self.folder / digest / MANIFEST).read_text(encoding="utf-8"))["trained_through"]))
        except (ValueError, KeyError):
            raise BrokenModel(f"the {self._what} {digest[:12]} cannot be read", fix="remove its folder, `otokui train`") from None

    def newest(self, as_of: Instant) -> ModelFiles | None:
        """Return the files of the live model as of an instant, None = none.

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

    def _move(self, digest: str, kind: str, at: Instant, who: str, reason: str) -> None:
        if not (self.folder / digest / MANIFEST).exists():
            raise Missing(f"{self._what} {digest[:12]} is not in {self.folder}", fix="name one of its folders")
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            moves = [*self._moves(), {"digest": digest, "kind": kind, "at": int(at), "who": who, "reason": reason}]
            aside = self.folder / f".{MOVES}.{os.getpid()}.part"
            aside.write_text(json.dumps(moves, indent=1), encoding="utf-8")
            sync(aside)
            aside.rename(self.folder / MOVES)
            sync(self.folder)

    def _moves(self) -> list[dict[str, Any]]:
        return _read(self.folder / MOVES, "promote a model again: `otokui promote`", list) or []

    def _last_moves(self, as_of: Instant | None) -> Mapping[str, tuple[int, dict[str, Any]]]:
        """Return by digest the last move by ``as_of`` and its number; what an earlier build withdrew comes before all others."""
        last_moves: dict[str, tuple[int, dict[str, Any]]] = {}
        for path in self.folder.glob("*/" + WITHDRAWN):
            move = _read(path, "remove it, or the whole folder, and `otokui train`", dict) or {}
            if as_of is None or int(move["at"]) <= as_of:
                last_moves[path.parent.name] = -1, move | {"kind": _TAKEN_BACK}
        for number, move in enumerate(self._moves()):
            if as_of is None or int(move["at"]) <= as_of:
                last_moves[str(move["digest"])] = number, move
        return last_moves


def _read(path: Path, fix: str, kind: type) -> Any:
    """Return a file of moves, None where there is none; what is no move is told, not passed over: a model might speak again."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        for move in content if isinstance(content, list) else [content]:
            int(move["at"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise BrokenModel(f"{path} cannot be read", fix=fix) from None
    if not isinstance(content, kind):
        raise BrokenModel(f"{path} cannot be read", fix=fix)
    return content
