"""Champions as plain files: content-addressed folders and one pointer, all the service reads.

MLflow stays off the serving path (docs/explanation/threats): promotion writes the model here, tries it in a
child process, and moves the pointer. LightGBM's loader ends the process on most damaged files, so the try
cannot happen in this one.

::

    models/<label>/<sha256 of manifest>/   manifest.json · model.txt · export.json (where it came from)
    models/live.json                       {"live": {label: digest}, "history": [{label, digest, from, promoted_at, who, reason, …}]}
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from adapters.models.store.canary import canary
from otokui.domain import Instant, Label
from otokui.errors import BrokenModel, Missing
from otokui.ports.models import ModelFiles

LIVE: Final = "live.json"
MANIFEST: Final = "manifest.json"
TEXT: Final = "model.txt"
EXPORT: Final = "export.json"


class ModelFolder:
    """Promoted models in a folder, SHOP/models, by label.

    tries: what models must pass before they go live; raises BrokenModel.
    """

    def __init__(self, folder: Path, *, tries: Callable[[Sequence[Path]], None] = canary) -> None:
        self.folder = folder
        self.tries = tries

    def export(self, label: Label, files: ModelFiles, meta: Mapping[str, object] | None = None) -> str:
        """Write a model under its manifest's SHA-256; return that digest.

        Once more changes nothing.

        meta: where it came from (MLflow run, version); beside the model, not part of what it is.
        """
        digest = hashlib.sha256(files.manifest.encode()).hexdigest()
        target = self.path(label, digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.parent / f".{digest[:12]}.{os.getpid()}.part"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        try:
            _write(aside / MANIFEST, files.manifest)
            _write(aside / TEXT, files.text)
            _write(aside / EXPORT, json.dumps(dict(meta or {}), indent=1, default=str))
            _sync(aside)
            aside.rename(target)
        except OSError:
            if not target.exists():  # else another process exported the same model first
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        _sync(target.parent)
        return digest

    def promote(self, digests: Mapping[Label, str], promoted_at: Instant, *, who: str = "", reason: str = "") -> None:
        """Try each model and promote all or none; user and reason enter the history.

        Raises:
            Missing: a digest was never exported.
            BrokenModel: a model does not load, or does not score its canary rows.
        """
        self.tries([self._present(label, digest) for label, digest in digests.items()])
        with self._alone() as state:
            for label, digest in digests.items():
                self._point(state, label, digest, promoted_at, "promoted", who, reason)

    def roll_back(self, at: Instant, labels: tuple[Label, ...] | None = None, *, who: str = "", reason: str = "") -> dict[Label, str]:
        """Roll back each label to its champion before; return the digests.

        Of each label that had one.

        Raises:
            Missing: no label has an earlier champion.
            BrokenModel: an earlier champion no longer passes its try.
        """
        standing = _standing(self._state()["history"])
        earlier = {label: rows[-2]["digest"] for label, rows in standing.items() if len(rows) > 1 and (labels is None or label in labels)}
        if not earlier:
            raise Missing("there is no earlier champion to go back to", fix="promote another model: `otokui train`, `otokui promote`")
        self.tries([self._present(label, digest) for label, digest in earlier.items()])
        with self._alone() as state:
            for label, digest in earlier.items():
                self._point(state, label, digest, at, "rolled_back", who, reason)
        return earlier

    def live(self, as_of: Instant | None = None) -> Mapping[Label, ModelFiles]:
        """Return the champion of each label.

        With ``as_of``: the one promoted last among those that used only records known by then
        (``trained_through <= as_of``); labels without one are left out.
        """
        return {label: self.read(label, digest) for label, digest in self.digests(as_of).items()}

    def digests(self, as_of: Instant | None = None) -> dict[Label, str]:
        """Return the digests of what ``live`` would return.

        A small file read, for watchers of changes.
        """
        standing = _standing(self._state()["history"])
        return {
            label: known[-1]["digest"]
            for label, rows in standing.items()
            if (known := [row for row in rows if as_of is None or int(row["trained_through"]) <= as_of])
        }

    def live_through(self) -> dict[Label, Instant]:
        """Return the instant through which each label's champion learnt.

        However much later than now that may be.
        """
        return {label: Instant(int(rows[-1]["trained_through"])) for label, rows in _standing(self._state()["history"]).items() if rows}

    def live_since(self) -> dict[Label, Instant]:
        """Return when the champion of each label went live.

        It was promoted then, or went live again by a roll back.
        """
        return {Label(row["label"]): Instant(int(row["promoted_at"])) for row in self._state()["history"]}

    def live_versions(self) -> dict[Label, str]:
        """Return the version of each champion in the registry, where it came from one."""
        found = {}
        for label, digest in self.digests().items():
            version = json.loads((self.path(label, digest) / EXPORT).read_text(encoding="utf-8")).get("version")
            if version is not None:
                found[label] = str(version)
        return found

    def read(self, label: Label, digest: str) -> ModelFiles:
        """Return the files of one exported model.

        Raises:
            Missing: it was never exported here.
            BrokenModel: the manifest is not the one that was exported.
        """
        folder = self._present(label, digest)
        manifest = (folder / MANIFEST).read_text(encoding="utf-8")
        if hashlib.sha256(manifest.encode()).hexdigest() != digest:
            raise BrokenModel(f"the manifest of {label}@{digest[:12]} was changed after export", fix="export and promote the model again")
        return ModelFiles(manifest, (folder / TEXT).read_text(encoding="utf-8"))

    def history(self) -> list[dict[str, Any]]:
        """Return every promotion and roll back, oldest first."""
        return list(self._state()["history"])

    def path(self, label: Label, digest: str) -> Path:
        """Return the folder of one model."""
        return self.folder / label / digest

    def _present(self, label: Label, digest: str) -> Path:
        folder = self.path(label, digest)
        if not (folder / MANIFEST).exists():
            raise Missing(f"model {label}@{digest[:12]} is not in {self.folder}", fix="export it first: `otokui promote`")
        return folder

    def _state(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads((self.folder / LIVE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"live": {}, "history": []}
        except ValueError:
            raise BrokenModel(f"{self.folder / LIVE} is not JSON", fix="promote the models again: `otokui promote`") from None
        return state

    def _point(self, state: dict[str, Any], label: Label, digest: str, at: Instant, kind: str, who: str, reason: str) -> None:
        trained_through = json.loads((self.path(label, digest) / MANIFEST).read_text(encoding="utf-8"))["trained_through"]
        move = {"label": str(label), "digest": digest, "from": state["live"].get(label), "kind": kind, "who": who, "reason": reason}
        state["history"].append(move | {"promoted_at": int(at), "trained_through": int(trained_through)})
        state["live"][label] = digest

    @contextmanager
    def _alone(self) -> Iterator[dict[str, Any]]:
        """Hand out what stands in the pointer and write it back whole; two promotions at once take turns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self._state()
            yield state
            aside = self.folder / f".{LIVE}.{os.getpid()}.part"
            _write(aside, json.dumps(state, indent=1, sort_keys=True))
            aside.replace(self.folder / LIVE)
            _sync(self.folder)


def _standing(history: list[dict[str, Any]]) -> dict[Label, list[dict[str, Any]]]:
    """Return by label the promotions that still stand, oldest first: the last is the champion.

    A roll back takes the last one away, so going back twice goes back two steps, not to and fro.
    """
    standing: dict[Label, list[dict[str, Any]]] = {}
    for row in history:
        rows = standing.setdefault(Label(row["label"]), [])
        if row["kind"] == "rolled_back":
            rows.pop()
        elif not rows or rows[-1]["digest"] != row["digest"]:
            rows.append(row)
    return standing


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
