"""Versions of a shop's models in MLflow, verified by their digests.

Which of them decides is another question (`adapters.models.registry.registry`): a version is a fact, an alias an opinion.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlflow.artifacts import download_artifacts
from mlflow.entities import LoggedModelOutput
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from adapters.models.registry.mlflow_client import MlflowStore, asking
from adapters.models.registry.mlflow_model import sha256, write_folder
from adapters.models.registry.pyfunc_loader import MANIFEST_FILE, TEXT_FILE
from otokui.domain import ModelName
from otokui.errors import BrokenModel, Missing
from otokui.frames import Batch
from otokui.ports.models import ModelFiles

CHALLENGER = "challenger"


@dataclass(frozen=True, slots=True)
class Version:
    """One registered version: its number, its digest (SHA-256 of the manifest), run, aliases and tags."""

    version: int
    digest: str
    run_id: str
    aliases: tuple[str, ...]
    tags: Mapping[str, str]


class MlflowVersions:
    """Registered model versions of one shop, as ``<shop>-<name>``.

    One registered model per label, and per pair model.
    """

    def __init__(self, store: MlflowStore, shop: str) -> None:
        self._store = store
        self._shop = shop
        self._client = store.client()

    def name(self, label: ModelName) -> str:
        """Return the name under which a label is registered."""
        return f"{self._shop}-{label}"

    def register(
        self,
        label: ModelName,
        files: ModelFiles,
        run_id: str,
        input_example: Batch | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> int:
        """Keep a model as a new version, alias challenger, and return its number.

        tags: ``trained_through``, metrics … as people should find them beside the version.

        Raises:
            BrokenModel: the text is not LightGBM's, or not the one that the manifest vouches for; nothing was registered.
        """
        digest = sha256(files.manifest)
        named = {"digest": digest, "text_sha256": sha256(files.text), "label": str(label)} | dict(tags or {})
        with tempfile.TemporaryDirectory() as folder, asking(self._store):
            run = self._client.get_run(run_id)
            # A first writing, before MLflow knows of anything, finds out whether the text is a model at all.
            write_folder(Path(folder), label, files, run_id=run_id, model_id="", example=input_example)
            logged = self._client.create_logged_model(run.info.experiment_id, name=str(label), source_run_id=run_id, model_type="lightgbm")
            write_folder(Path(folder), label, files, run_id=run_id, model_id=logged.model_id, example=input_example)
            try:
                self._client.log_model_artifacts(logged.model_id, folder)
            except BaseException:
                self._client.finalize_logged_model(logged.model_id, "FAILED")
                raise
            self._client.finalize_logged_model(logged.model_id, "READY")
            self._client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
            self._ensure(label)
            # A SQL store would look `models:/<id>` up in the process-wide store, which is not ours; a server in its own.
            source = f"models:/{logged.model_id}" if self._store.artifacts is None else logged.artifact_location
            made = self._client.create_model_version(self.name(label), source, run_id=run_id, tags=named, model_id=logged.model_id)
            version = int(made.version)
            self._client.set_registered_model_alias(self.name(label), CHALLENGER, str(version))
        return version

    def files(self, label: ModelName, version: int) -> ModelFiles:
        """Return the files of a version, downloaded and compared with the digests of its registration.

        Raises:
            Missing: no such version.
            Unavailable: its files cannot be read (the shop's folder was moved, artifacts were deleted).
            BrokenModel: the files are not those that were registered.
        """
        known = self._version(label, str(version))
        with tempfile.TemporaryDirectory() as folder, asking(self._store, f"files of {self.name(label)} version {version}"):
            location = self._client.get_model_version_download_uri(self.name(label), str(version))
            if location.startswith("models:/m-"):
                location = self._client.get_logged_model(location.removeprefix("models:/")).artifact_location
            local = Path(download_artifacts(artifact_uri=location, dst_path=folder, tracking_uri=self._store.uri))
            manifest, text = (_text(local / name) for name in (MANIFEST_FILE, TEXT_FILE))
        digests = {"digest": sha256(manifest or ""), "text_sha256": sha256(text or "")}
        broken = [name for name, value in digests.items() if known.tags.get(name) != value]
        if manifest is None or text is None or broken:
            raise BrokenModel(
                f"{self.name(label)} version {version} in MLflow is not what was registered ({', '.join(broken) or 'not UTF-8'} differs)",
                fix=f"`otokui train --shop SHOP` to register a new version, or restore {self._store.shown} and its artifacts from a backup",
            )
        return ModelFiles(manifest=manifest, text=text)

    def version_of(self, label: ModelName, digest: str) -> int:
        """Return the newest version with a digest.

        Raises:
            Missing: none was registered with it.
        """
        versions = [each.version for each in self.history(label) if each.digest == digest]
        if not versions:
            raise Missing(
                f"no version of {self.name(label)} has the digest {digest[:12]}", fix="`otokui promote` a version that is registered"
            )
        return versions[0]

    def verdict(self, label: ModelName, version: int, passed: bool, says: str) -> None:
        """Write what the promotion gate found beside the version."""
        with asking(self._store, f"{self.name(label)} version {version}"):
            for tag, value in (("gate", "passed" if passed else "failed"), ("gate_says", says[:5_000])):
                self._client.set_model_version_tag(self.name(label), str(version), tag, value)

    def gate_of(self, label: ModelName, version: int) -> tuple[bool, str]:
        """Return whether a version passed the promotion gate, and the reason.

        Passed and "" where none was asked.

        Raises:
            Missing: no such version.
        """
        tags = self._version(label, str(version)).tags
        return tags.get("gate") != "failed", tags.get("gate_says", "")

    def history(self, label: ModelName) -> Sequence[Version]:
        """Return every version, newest first."""
        with asking(self._store):
            versions = [*self._client.search_model_versions(f"name = '{self.name(label)}'")]
            # A search does not say the aliases; asking for each version does.
            rows = [self._version(label, str(version.version)) for version in versions]
        return sorted((_plain(row) for row in rows), key=lambda v: -v.version)

    def _ensure(self, label: ModelName) -> None:
        try:
            self._client.create_registered_model(
                self.name(label), description=f"{label} of {self._shop}: LightGBM text and manifest (mlflow/README.md)"
            )
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _version(self, label: ModelName, version: str) -> ModelVersion:
        with asking(self._store, f"{self.name(label)} version {version}"):
            return self._client.get_model_version(self.name(label), version)


def _text(path: Path) -> str | None:
    """A file of another encoding is a broken one, and says so by its digest."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None


def _plain(version: ModelVersion) -> Version:
    return Version(
        int(version.version), version.tags.get("digest", ""), version.run_id or "", tuple(sorted(version.aliases)), dict(version.tags)
    )
