"""A training run against the real MLflow on SQLite: what was recorded can be read with MLflow's own client."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities import Run

from adapters.models.registry.mlflow_client import MlflowStore
from adapters.models.registry.mlflow_tracking import training_run
from otokui.errors import BadInput, Conflict, NotEnoughData
from otokui.ports.models import Tracker


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> MlflowStore:
    """One MLflow store for all tests of this file."""
    return MlflowStore.of_shop("sqlite:///mlflow.db", tmp_path_factory.mktemp("shop"))


def runs(store: MlflowStore, experiment: str) -> list[Run]:
    """All runs of an experiment, by MLflow's own client."""
    client = MlflowClient(tracking_uri=store.uri, registry_uri=store.uri)
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    return list(client.search_runs([found.experiment_id]))


def test_parameters_and_metrics_by_cutoff_are_kept(store: MlflowStore) -> None:
    """Each cut-off is a step, so that MLflow draws a metric over time."""
    with training_run(store, "metrics", "nightly", {"shop": "demo"}) as tracker:
        spoken: Tracker = tracker
        spoken.params({"rounds": 400} | {f"p{i}": i for i in range(150)})
        for step, value in enumerate((0.71, 0.73, math.nan)):
            spoken.metrics({"churn.auc": value}, step)

    [run] = runs(store, "metrics")
    history = MlflowClient(tracking_uri=store.uri).get_metric_history(run.info.run_id, "churn.auc")
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "nightly"
    assert run.data.tags["shop"] == "demo"
    assert (run.data.params["rounds"], len(run.data.params)) == ("400", 151)
    assert [(m.step, m.value) for m in history][:2] == [(0, 0.71), (1, 0.73)]
    assert math.isnan(history[2].value)


def test_artifacts_lie_in_the_shop(store: MlflowStore, tmp_path: Path) -> None:
    """Backing up the shop's folder backs up its runs."""
    with training_run(store, "artifacts", "plots") as tracker:
        tracker.artifact("churn/reliability.png", b"\x89PNG")
        tracker.artifact("manifest.json", b"{}")

    [run] = runs(store, "artifacts")
    assert store.artifacts is not None
    assert run.info.artifact_uri.startswith(store.artifacts.as_uri())
    local = Path(download_artifacts(artifact_uri=f"{run.info.artifact_uri}/churn/reliability.png", dst_path=str(tmp_path)))
    assert local.read_bytes() == b"\x89PNG"


@pytest.mark.parametrize("name", ["../up.txt", "/etc/motd", "a/../../b"])
def test_an_artifact_stays_within_its_run(store: MlflowStore, name: str) -> None:
    """A label or message name must not become a path elsewhere."""
    with pytest.raises(BadInput), training_run(store, "paths", "bad") as tracker:
        tracker.artifact(name, b"")


def test_the_run_says_which_data_it_saw(store: MlflowStore) -> None:
    """By digest and a few figures, never the data itself."""
    digest = "ab" * 32

    with training_run(store, "data", "nightly") as tracker:
        tracker.dataset("summaries", digest, profile={"customers": 2469, "cutoffs": 12})

    [run] = runs(store, "data")
    [seen] = run.inputs.dataset_inputs
    assert run.data.tags["data_digest.training"] == digest
    assert (seen.dataset.name, seen.dataset.digest) == ("summaries", digest[:36])
    assert json.loads(seen.dataset.profile) == {"customers": 2469, "cutoffs": 12}


def test_a_run_that_fails_says_so_without_quoting_data(store: MlflowStore) -> None:
    """The error goes on as it is; MLflow learns its kind only."""
    with pytest.raises(NotEnoughData), training_run(store, "failing", "nightly"):
        raise NotEnoughData("customer c-1 is alone", fix="bring more")

    [run] = runs(store, "failing")
    assert run.info.status == "FAILED"
    assert run.data.tags["failed_with"] == "NotEnoughData"
    assert "c-1" not in str(run.data.tags)


def test_an_interrupted_run_is_killed(store: MlflowStore) -> None:
    """Ctrl-C leaves no run that seems to go on for ever."""
    with pytest.raises(KeyboardInterrupt), training_run(store, "interrupted", "nightly"):
        raise KeyboardInterrupt

    assert [run.info.status for run in runs(store, "interrupted")] == ["KILLED"]


def test_a_deleted_experiment_says_how_to_get_it_back(store: MlflowStore) -> None:
    """MLflow keeps the name of a deleted experiment taken."""
    with training_run(store, "deleted", "nightly"):
        pass
    client = MlflowClient(tracking_uri=store.uri)
    client.delete_experiment(runs(store, "deleted")[0].info.experiment_id)

    with pytest.raises(Conflict, match="restore"), training_run(store, "deleted", "again"):
        pass
