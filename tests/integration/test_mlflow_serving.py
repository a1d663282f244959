"""`mlflow models serve` on a registered model answers with the predictions that our own service would give."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import features
from adapters.models.registry.mlflow_client import MlflowStore
from adapters.models.registry.mlflow_model import write_folder
from adapters.models.registry.mlflow_tracking import training_run
from adapters.models.registry.pyfunc_loader import MODULE, calibrated, outputs
from adapters.models.registry.registry import MlflowRegistry
from otokui.domain import DAY, Instant, Label
from otokui.errors import BrokenModel
from otokui.frames import Batch
from otokui.ports.models import ModelFiles
from otokui.settings.definitions import Definitions
from scoring.model_files.loader import ModelSet, load
from scoring.model_files.manifest import read_manifest
from scoring.next_purchase.opening_hours import at_opening_hours
from scoring.predict import predict
from tests.unit.training import small_shop

AT = Instant(small_shop.START + 300 * DAY)
ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = "serving_input_example.json"


@pytest.fixture(scope="module")
def files() -> dict[Label, ModelFiles]:
    """Five real models, trained on a few of this build's features."""
    result = small_shop.trained(small_shop.purchases(), rounds=10)
    out = {}
    for label, model in result.models.items():
        manifest = read_manifest(model.files.manifest).model_copy(update={"fingerprint": features.fingerprint()})
        out[label] = ModelFiles(manifest.to_json(), model.files.text)
    return out


@pytest.fixture(scope="module")
def batch() -> Batch:
    """Vectors of the small shop's customers on its last day."""
    return small_shop.vectors(small_shop.purchases(), AT)


def frame(batch: Batch) -> Any:
    """The batch as MLflow hands it over."""
    import pandas as pd

    return pd.DataFrame(batch.values, columns=list(batch.names))


def expected(files: dict[Label, ModelFiles], label: Label, batch: Batch) -> np.ndarray[Any, Any]:
    """What the service says, read off its predictions by name."""
    horizon = int(read_manifest(files[label].manifest).horizon_days)
    horizons = (7, 14, 30, 60, 90) if label is Label.NEXT_PURCHASE else (horizon,)
    told = predict(
        batch,
        ModelSet({label: load(files[label])}),
        as_of=AT,
        horizons_days=horizons,
        definitions=Definitions(churn_days=45, loyal_horizon_days=30),
    )
    if label is Label.NEXT_PURCHASE:
        return np.column_stack([told.p_purchase, told.days_to_next_p10, told.days_to_next_median, told.days_to_next_p90])
    found = {
        Label.PURCHASE_COUNT: told.expected_purchases[:, 0],
        Label.SPEND: told.expected_spend[:, 0],
        Label.CHURN: told.churn_probability,
        Label.FUTURE_LOYAL: told.future_loyal_probability,
    }
    return found[label][:, None]


def opened(files: ModelFiles, said: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What MLflow says, its days moved to the hours of the shop: it is not told as of when it is asked."""
    manifest = read_manifest(files.manifest)
    if manifest.label is not Label.NEXT_PURCHASE:
        return said
    return np.concatenate([said[:, :-3], at_opening_hours(said[:, -3:], manifest.hours, AT)], axis=1)


@pytest.mark.parametrize("label", list(Label))
def test_mlflow_predicts_what_the_service_predicts(files: dict[Label, ModelFiles], label: Label, batch: Batch, tmp_path: Path) -> None:
    """Every label, calibrated, to the last bit; the columns bear the names of the predictions file. Days are moved to opening hours."""
    import mlflow

    write_folder(tmp_path, label, files[label], run_id="", model_id="", example=batch)

    served = mlflow.pyfunc.load_model(str(tmp_path))
    said = served.predict(frame(batch))

    assert tuple(said.columns) == outputs(label)
    assert served.metadata.signature.outputs.input_names() == list(outputs(label))
    np.testing.assert_array_equal(opened(files[label], said.to_numpy()), expected(files, label, batch))


def test_many_rows_are_predicted_as_few(files: dict[Label, ModelFiles], batch: Batch) -> None:
    """More than one chunk of rows: the same values again."""
    model = load(files[Label.CHURN])
    many = Batch(np.tile(batch.customer_ids, 60), batch.names, np.tile(batch.values, (60, 1)))

    assert len(many) > 16_384
    np.testing.assert_array_equal(calibrated(model, many), np.tile(calibrated(model, batch), (60, 1)))


def test_a_column_that_is_left_out_is_unknown_and_no_error(files: dict[Label, ModelFiles], batch: Batch, tmp_path: Path) -> None:
    """Null and absent mean the same, as in the HTTP service."""
    import mlflow

    write_folder(tmp_path, Label.CHURN, files[Label.CHURN], run_id="", model_id="", example=batch)
    served = mlflow.pyfunc.load_model(str(tmp_path))

    without, null = frame(batch).drop(columns=["area_code"]), frame(batch).assign(area_code=np.nan)

    np.testing.assert_array_equal(served.predict(without).to_numpy(), served.predict(null).to_numpy())


def test_a_text_that_the_manifest_does_not_vouch_for_is_not_loaded(files: dict[Label, ModelFiles], tmp_path: Path) -> None:
    """LightGBM's loader never sees it, on this way in either."""
    import mlflow

    write_folder(tmp_path, Label.CHURN, files[Label.CHURN], run_id="", model_id="", example=None)
    (tmp_path / "model.txt").write_text(files[Label.CHURN].text + " ", encoding="utf-8")

    with pytest.raises(BrokenModel, match="vouches for"):
        mlflow.pyfunc.load_model(str(tmp_path))


def test_the_folder_holds_data_only(files: dict[Label, ModelFiles], batch: Batch, tmp_path: Path) -> None:
    """No pickle, no script, no copy of our packages: the loader is named, not shipped; the example is nobody's row."""
    import yaml

    write_folder(tmp_path, Label.CHURN, files[Label.CHURN], run_id="", model_id="", example=batch)

    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {"", ".txt", ".json", ".yaml"}
    flavour = yaml.safe_load((tmp_path / "MLmodel").read_text())["flavors"]["python_function"]
    assert flavour["loader_module"] == MODULE == "adapters.mlflow_loader"
    assert {"code", "model_code_path", "python_model"} & flavour.keys() == set()
    example = json.loads((tmp_path / EXAMPLE).read_text())["dataframe_split"]
    assert example["columns"] == list(batch.names)
    assert example["data"][0] not in batch.values.tolist()


@pytest.mark.slow
def test_models_serve_answers_for_the_champion(files: dict[Label, ModelFiles], batch: Batch, tmp_path: Path) -> None:
    """The real command on models:/NAME@champion; its own input example and two customers, posted over HTTP."""
    store = MlflowStore.of_shop("sqlite:///mlflow.db", tmp_path)
    with training_run(store, "kissa", "nightly") as tracker:
        run_id = tracker.run_id
    registry = MlflowRegistry(store, "kissa")
    label = Label.NEXT_PURCHASE
    version = registry.register(label, files[label], run_id, input_example=batch)
    registry.promote(label, version, lambda _: None, who="ada", reason="gate passed", at=AT)
    assert store.artifacts is not None
    [example] = [json.loads(path.read_text()) for path in store.artifacts.rglob(EXAMPLE)]
    two = batch.rows(slice(0, 2))
    cells = [[None if np.isnan(v) else v for v in row] for row in two.values.tolist()]

    with served("models:/kissa-next_purchase@champion", store, tmp_path / "serve.log") as address:
        shown = asked(address, example)
        told = asked(address, {"dataframe_split": {"columns": list(two.names), "data": cells}})

    assert set(shown[0]) == set(outputs(label))
    assert 0.0 < shown[0]["p_purchase_7d"] < shown[0]["p_purchase_90d"] < 1.0
    np.testing.assert_array_equal(
        opened(files[label], np.array([[row[name] for name in outputs(label)] for row in told])), expected(files, label, two)
    )


def asked(address: str, body: dict[str, Any]) -> list[dict[str, float]]:
    """Post an invocation and return its predictions."""
    request = urllib.request.Request(f"{address}/invocations", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return list(json.loads(reply.read())["predictions"])


@contextmanager
def served(uri: str, store: MlflowStore, log: Path) -> Iterator[str]:
    """Run `mlflow models serve` in this environment; everything it started is ended with it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", uri, "--env-manager", "local", "--port", str(port)]
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    env = os.environ | {"MLFLOW_TRACKING_URI": store.uri, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    env |= {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, cwd=log.parent, stdout=out, stderr=out, start_new_session=True)
        try:
            until = time.monotonic() + 180
            while time.monotonic() < until and process.poll() is None:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5):
                        break
                except (urllib.error.URLError, OSError):
                    time.sleep(0.5)
            else:
                pytest.fail(f"`mlflow models serve` did not start: {log.read_text()[-2_000:]}")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
