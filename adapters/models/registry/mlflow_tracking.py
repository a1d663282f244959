"""Tracking of a training run in MLflow: parameters, metrics, plots, manifests.

Which metrics there are: ``training.metrics.label_metrics``. Nothing that serves reads it. Kept apart from the registry, because a run may
fail and still be worth reading, whereas a model version that failed must not exist.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

from adapters.models.registry.mlflow_client import MlflowStore, asking
from otokui.errors import BadInput, OtokuiError

_PARAMS_AT_ONCE = 100
_METRICS_AT_ONCE = 1_000
_PARAM_LENGTH = 6_000
_DIGEST_LENGTH = 36
"""MLflow's own limits; what is longer is cut, and kept whole elsewhere."""


class MlflowTracker:
    """Implements ``otokui.ports.Tracker`` for one run that has begun."""

    def __init__(self, store: MlflowStore, client: MlflowClient, run_id: str, began_ms: int) -> None:
        self.run_id = run_id
        self._store = store
        self._client = client
        self._began_ms = began_ms

    def params(self, values: Mapping[str, object]) -> None:
        """Record the run's parameters.

        A parameter is written once; a second value is refused by MLflow.
        """
        rows = [Param(name, str(value)[:_PARAM_LENGTH]) for name, value in values.items()]
        with asking(self._store):
            for i in range(0, len(rows), _PARAMS_AT_ONCE):
                self._client.log_batch(self.run_id, params=rows[i : i + _PARAMS_AT_ONCE])

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Record metrics by name; ``step`` is the cut-off's index or the boosting round.

        Their time is the run's beginning: the step is the axis that means something, and the core reads no clock.
        """
        rows = [Metric(name, float(value), self._began_ms, step or 0) for name, value in values.items()]
        with asking(self._store):
            for i in range(0, len(rows), _METRICS_AT_ONCE):
                self._client.log_batch(self.run_id, metrics=rows[i : i + _METRICS_AT_ONCE])

    def tags(self, values: Mapping[str, object]) -> None:
        """Record what people search runs by: digest of the data, versions, verdict."""
        with asking(self._store):
            self._client.log_batch(self.run_id, tags=[RunTag(name, str(value)) for name, value in values.items()])

    def artifact(self, name: str, content: bytes) -> None:
        """Keep a file (plot, manifest, table) under the run; ``name`` may hold folders: ``churn/reliability.png``.

        Raises:
            BadInput: the name leads out of the run's folder.
        """
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.name:
            raise BadInput(f"{name!r} cannot name an artifact", fix="name it like churn/reliability.png")
        with tempfile.TemporaryDirectory() as folder, asking(self._store):
            local = Path(folder) / path.name
            local.write_bytes(content)
            within = None if path.parent == PurePosixPath() else str(path.parent)
            self._client.log_artifact(self.run_id, str(local), within)

    def dataset(self, name: str, digest: str, *, context: str = "training", profile: Mapping[str, object] | None = None) -> None:
        """Record the run's data: a digest (any length) and a few figures.

        Never the data.
        """
        data = Dataset(
            name=name,
            digest=digest[:_DIGEST_LENGTH],
            source_type="local",
            source=json.dumps({"digest": digest}),
            profile=json.dumps(dict(profile or {}), default=str),
        )
        with asking(self._store):
            self._client.log_inputs(self.run_id, [DatasetInput(data, [InputTag("mlflow.data.context", context)])])
        self.tags({f"data_digest.{context}": digest})


@contextmanager
def training_run(store: MlflowStore, experiment: str, name: str, tags: Mapping[str, str] | None = None) -> Iterator[MlflowTracker]:
    """Begin a tracking run and end it as FINISHED, FAILED or KILLED.

    FAILED when an error passes through, KILLED on an interrupt.

    experiment: made if it is not there; by convention the shop's name (mlflow/README.md).

    Raises:
        Unavailable: MLflow's store cannot be reached; nothing was begun.
    """
    client = store.client()
    experiment_id = store.experiment(client, experiment)
    with asking(store):
        run = client.create_run(experiment_id, tags=dict(tags or {}), run_name=name)
    tracker = MlflowTracker(store, client, run.info.run_id, run.info.start_time)
    try:
        yield tracker
    except Exception as error:
        # The type only: a message may quote a row of the shop's data.
        # What went wrong matters more than that MLflow could not be told so.
        with suppress(OtokuiError):
            _end(store, client, tracker, "FAILED", {"failed_with": type(error).__name__})
        raise
    except BaseException:
        with suppress(OtokuiError):
            _end(store, client, tracker, "KILLED", {})
        raise
    _end(store, client, tracker, "FINISHED", {})


def _end(store: MlflowStore, client: MlflowClient, tracker: MlflowTracker, status: str, tags: Mapping[str, str]) -> None:
    with asking(store):
        if tags:
            tracker.tags(tags)
        client.set_terminated(tracker.run_id, status=status)
