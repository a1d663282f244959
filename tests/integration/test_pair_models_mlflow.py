"""The product ranking and the response model against the real MLflow on SQLite: run, version, verdict, alias, and the way back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from adapters.models.registry.mlflow_model import write_folder
from otokui.domain import DAY, Instant, PairModel
from otokui.errors import BrokenModel, Missing, NotPromoted, Unavailable
from otokui.frames import Batch, texts
from otokui.ports.models import ModelFiles
from pipelines.cli import app
from pipelines.model_training.model_operations import run_promote
from pipelines.model_training.pair_evaluation import PairEvaluation, evaluate_pair
from pipelines.model_training.pair_models import TrainedPair
from pipelines.model_training.pair_registration import register_pair, roll_back_pair
from pipelines.shop.init import init
from scoring.pair_models.product_ranking import load_ranking
from scoring.pair_models.uplift import load_response
from tests.pair_shop import BEGAN, FIRST, NOW, PRODUCTS, RESPONSE, SECOND, Trained, alias, opened, registry, two_trainings
from training.promotion_gate import PairVerdict

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A shop with two trainings of both kinds."""
    return two_trainings(tmp_path_factory.mktemp("pairs") / "shop")


@pytest.mark.parametrize("name", list(PairModel))
def test_each_training_leaves_a_run_a_version_and_a_verdict(trained: Trained, name: PairModel) -> None:
    """Parameters, figures, pictures, the data's digest and the gate's words; the same bytes in MLflow as in the folder."""
    folder, known, made = trained
    shop = opened(folder, known)
    each, done = made[name, SECOND]

    run = shop.mlflow.client().get_run(done.run_id)
    figures = {
        PRODUCTS: {"products.recall_at_10", "products.ndcg_at_5"},
        RESPONSE: {"response.contacted", "response.held_back", "response.qini"},
    }
    files = {path.name for path in Path(run.info.artifact_uri.removeprefix("file://")).joinpath(str(name)).iterdir()}
    pictures = {PRODUCTS: {"products_by_place.png"}, RESPONSE: {"response_by_part.png", "response_qini.png"}}
    [newest, earlier] = registry(shop).history(name)

    assert figures[name] <= run.data.metrics.keys()
    assert run.data.params["train_through"] == str(int(SECOND))
    assert run.data.tags[f"data_digest.{name}"] == each.data_digest
    assert run.data.tags["gate"] == newest.tags["gate"] == "passed"
    assert run.data.tags["gate_says"] == newest.tags["gate_says"] == done.verdict.says
    assert {"manifest.json", "model.txt"} | pictures[name] <= files
    assert registry(shop).files(name, 2) == each.files == shop.pair_folder(name).newest(NOW)
    assert (newest.aliases, earlier.aliases) == (("champion",), ("previous",))


@pytest.mark.parametrize("name", list(PairModel))
def test_mlflow_answers_as_the_service_does(trained: Trained, name: PairModel, tmp_path: Path) -> None:
    """The folder that is registered, loaded by MLflow: the very scores of the loaded model, under the names of its signature."""
    import mlflow
    import pandas as pd

    files = trained[2][name, SECOND][0].files
    write_folder(tmp_path, name, files, run_id="", model_id="", example=None)
    served = mlflow.pyfunc.load_model(str(tmp_path))
    columns = served.metadata.signature.inputs.input_names()
    values = np.random.default_rng(3).normal(size=(5, len(columns)))

    answered = served.predict(pd.DataFrame(values, columns=columns))

    if name is PRODUCTS:
        expected = load_ranking(files).scores_of(values.astype(np.float32))[:, None]
    else:
        model = load_response(files)
        vectors = Batch(texts([str(k) for k in range(5)]), tuple(columns), values)
        slopes = np.array([cell.slopes for cell in model.manifest.cells])
        expected = np.array([cell.base for cell in model.manifest.cells]) + model.columns(vectors) @ slopes.T
    assert list(answered.columns) == served.metadata.signature.outputs.input_names()
    assert answered.shape == expected.shape
    np.testing.assert_allclose(answered.to_numpy(), expected, rtol=1e-12, atol=1e-15)


def test_no_file_of_a_registered_model_is_a_pickle(trained: Trained) -> None:
    """Text, JSON, YAML and pictures."""
    folder, known, _ = trained
    artifacts = opened(folder, known).mlflow.artifacts

    assert artifacts is not None
    assert {path.suffix for path in artifacts.rglob("*") if path.is_file()} <= {"", ".txt", ".json", ".yaml", ".png"}


def test_each_is_judged_beside_the_live_one(trained: Trained) -> None:
    """The first is judged beside nothing, the second beside the first, with an interval."""
    _, _, made = trained

    assert made[PRODUCTS, FIRST][1].verdict.says == "no ranking is live yet"
    assert "against the live ranking, 95% interval [" in made[PRODUCTS, SECOND][1].verdict.says
    assert "against the live model, 95% interval [" in made[RESPONSE, SECOND][1].verdict.says


def evaluated(trained: Trained, name: PairModel, days: int) -> PairEvaluation:
    """The first as champion, the second as challenger, judged on what was known so many days after the beginning."""
    folder, known, made = trained
    there = {
        alias: (version, made[name, through][0].files) for alias, version, through in (("champion", 1, FIRST), ("challenger", 2, SECOND))
    }
    return evaluate_pair(opened(folder, known), name, there, Instant(BEGAN + days * DAY))


@pytest.mark.parametrize("name", list(PairModel))
def test_two_versions_are_compared_on_what_neither_has_seen(trained: Trained, name: PairModel) -> None:
    """Seventy days after the second: which rows, figures of both, and an interval around the difference."""
    found = evaluated(trained, name, 400)

    assert found.why_not == ""
    assert found.versions.keys() == found.figures.keys() == {"champion", "challenger"}
    assert "2024-10-09" in found.rows
    assert found.difference is not None
    mean, low, high = found.difference
    assert low <= mean <= high
    assert low < high


@pytest.mark.parametrize(("name", "short"), [(RESPONSE, "200 and 50 are the least"), (PRODUCTS, "50 are the least")])
def test_too_little_since_then_is_said(trained: Trained, name: PairModel, short: str) -> None:
    """One day after the second no response days are over, and few have bought again."""
    found = evaluated(trained, name, 331)

    assert found.why_not.startswith("not enough data: ")
    assert short in found.why_not
    assert found.difference is None


def test_roll_back_moves_folder_and_alias_together_and_promotion_brings_it_again(trained: Trained) -> None:
    """Back to the first, back to nothing; then both versions by the verb, and all of it in the trail."""
    folder, known, made = trained
    shop = opened(folder, known)
    first, second = (made[RESPONSE, through][0].files for through in (FIRST, SECOND))
    before = len(registry(shop).trail(RESPONSE))

    gone, back = roll_back_pair(shop, RESPONSE, reason="complaints", now=NOW, who="bob")
    assert (shop.responses.newest(NOW), alias(shop, RESPONSE)) == (first, 1)
    assert roll_back_pair(shop, RESPONSE, reason="still", now=NOW, who="bob") == (back, None)
    assert (shop.responses.newest(NOW), alias(shop, RESPONSE)) == (None, None)
    with pytest.raises(Missing, match="no response model"):
        roll_back_pair(shop, RESPONSE, reason="still", now=NOW, who="bob")
    assert run_promote(shop, RESPONSE, 1, reason="it was not the model", now=NOW, who="cyd") == back
    assert (shop.responses.newest(NOW), alias(shop, RESPONSE)) == (first, 1)
    assert run_promote(shop, RESPONSE, 2, reason="it was not the model", now=NOW, who="cyd") == gone
    assert (shop.responses.newest(NOW), alias(shop, RESPONSE)) == (second, 2)

    told = [(move.who, move.from_version, move.to_version, move.reason) for move in registry(shop).trail(RESPONSE)][before:]
    assert told == [
        ("bob", 2, 1, "roll back: complaints"),
        ("bob", 1, None, "roll back: still"),
        ("cyd", None, 1, "it was not the model"),
        ("cyd", 1, 2, "it was not the model"),
    ]


def test_a_version_that_the_gate_held_back_needs_to_be_asked_for(trained: Trained) -> None:
    """And speaks nowhere: its folder does not hold it, and the alias stands."""
    folder, known, made = trained
    shop, each = opened(folder, known), made[PRODUCTS, SECOND][0]
    changed = ModelFiles(each.files.manifest.replace('"metrics": {', '"metrics": {"of_a_test": 1.0,'), each.files.text)
    worse = TrainedPair(
        PRODUCTS, changed, each.figures, each.params, {}, each.data_digest, each.rows, PairVerdict(False, "worse beyond chance")
    )

    done = register_pair(shop, worse, SECOND, parent="", now=NOW, who="ada")

    assert (shop.rankings.newest(NOW), alias(shop, PRODUCTS)) == (each.files, 2)
    with pytest.raises(NotPromoted, match="worse beyond chance"):
        run_promote(shop, PRODUCTS, done.version, reason="we know better", now=NOW, who="bob")
    run_promote(shop, PRODUCTS, done.version, reason="we know better", now=NOW, who="bob", despite_gate=True)
    assert (shop.rankings.newest(NOW), alias(shop, PRODUCTS)) == (changed, done.version)
    roll_back_pair(shop, PRODUCTS, reason="it was worse", now=NOW, who="bob")
    assert (shop.rankings.newest(NOW), alias(shop, PRODUCTS)) == (each.files, 2)


def test_what_learnt_from_earlier_records_or_was_taken_back_is_not_promoted_by_itself(trained: Trained) -> None:
    """The first again beside the live second; the second again after it was withdrawn."""
    folder, known, made = trained
    shop = opened(folder, known)

    backwards = register_pair(shop, made[PRODUCTS, FIRST][0], FIRST, parent="", now=NOW, who="ada")
    roll_back_pair(shop, PRODUCTS, reason="complaints", now=NOW, who="bob")
    again = register_pair(shop, made[PRODUCTS, SECOND][0], SECOND, parent="", now=NOW, who="ada")

    assert backwards.verdict.says.startswith("not promoted: it learnt through ")
    assert "taken back (complaints)" in again.verdict.says
    assert shop.rankings.newest(NOW) == made[PRODUCTS, FIRST][0].files
    run_promote(shop, PRODUCTS, 2, reason="it was not the model", now=NOW, who="bob")


def test_the_folder_goes_back_even_if_mlflow_cannot_be_told(trained: Trained, tmp_path: Path) -> None:
    """The message says what to do once MLflow answers."""
    _, known, made = trained
    shop = opened(tmp_path / "shop", known)
    init(tmp_path / "shop")
    for through in (FIRST, SECOND):
        shop.responses.export(made[RESPONSE, through][0].files)
    (tmp_path / "shop" / "mlflow.db").write_bytes(b"not a database")

    with pytest.raises(Unavailable, match="MLflow was not told") as caught:
        roll_back_pair(shop, RESPONSE, reason="complaints", now=NOW, who="bob")

    assert shop.responses.newest(NOW) == made[RESPONSE, FIRST][0].files
    assert "do not roll back again" in caught.value.fix


def test_back_to_what_was_never_registered_takes_the_alias_away(trained: Trained, tmp_path: Path) -> None:
    """The model of an earlier build's folder speaks again, and MLflow does not claim that another does."""
    _, known, made = trained
    init(tmp_path / "shop")
    shop = opened(tmp_path / "shop", known)
    shop.responses.export(made[RESPONSE, FIRST][0].files)
    register_pair(shop, made[RESPONSE, SECOND][0], SECOND, parent="", now=NOW, who="ada")
    assert alias(shop, RESPONSE) == 1

    roll_back_pair(shop, RESPONSE, reason="complaints", now=NOW, who="bob")

    assert shop.responses.newest(NOW) == made[RESPONSE, FIRST][0].files
    assert alias(shop, RESPONSE) is None
    [version] = registry(shop).history(RESPONSE)
    assert version.tags["rolled_back"] == "complaints"


def test_a_text_that_its_manifest_does_not_vouch_for_is_not_registered(trained: Trained) -> None:
    """A response model may have no booster at all, so no header could tell."""
    folder, known, made = trained
    shop, files = opened(folder, known), made[RESPONSE, SECOND][0].files
    versions = len(registry(shop).history(RESPONSE))

    with pytest.raises(BrokenModel, match="vouches"):
        registry(shop).register(RESPONSE, ModelFiles(files.manifest, files.text + " "), made[RESPONSE, SECOND][1].run_id)

    assert len(registry(shop).history(RESPONSE)) == versions


def test_the_verb_takes_the_names_of_models_of_pairs(trained: Trained) -> None:
    """`promote response VERSION`, `promote response --roll-back`, and `--roll-back --pair response` as before."""
    folder, _, _ = trained
    shop = ["--shop", str(folder), "--reason", "complaints", "--who", "ann"]
    for words, told in (
        (["promote", "response", "1"], "response: "),
        (["promote", "response", "--roll-back"], "speaks again"),
        (["promote", "response", "1"], "is live"),
        (["promote", "--roll-back", "--pair", "response"], "speaks again"),
        (["promote", "responses", "1"], "is no model"),
    ):
        done = CliRunner().invoke(app, [*words, *shop])
        assert told in done.output, done.output
    assert json.loads((folder / "response" / "moves.json").read_text(encoding="utf-8"))[-1]["who"] == "ann"
