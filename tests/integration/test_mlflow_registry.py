"""The registry against the real MLflow on SQLite: what is registered comes back, what is broken moves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import lightgbm as lgb
import numpy as np
import pytest

from adapters.models.registry.mlflow_client import MlflowStore
from adapters.models.registry.mlflow_model import sha256
from adapters.models.registry.mlflow_tracking import training_run
from adapters.models.registry.model_versions import CHALLENGER
from adapters.models.registry.registry import CHAMPION, PREVIOUS, MlflowRegistry
from otokui.domain import Instant, Label
from otokui.errors import BrokenModel, Missing
from otokui.ports.models import ModelFiles

CHURN = Label.CHURN
AT = Instant(1_700_000_000)


def booster_text(seed: int) -> str:
    """A small real model of two features."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(200, 2))
    data = lgb.Dataset(values, (values[:, 0] > 0).astype(float), feature_name=["recency_days", "paid_sum"])
    return str(lgb.train({"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 4}, data, 3).model_to_string())


def model(seed: int = 1) -> ModelFiles:
    """A model with a manifest of its own."""
    text = booster_text(seed)
    return ModelFiles(manifest=json.dumps({"label": "churn", "seed": seed, "sha256": sha256(text)}), text=text)


def fine(_: ModelFiles) -> None:
    """A check that finds nothing."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> MlflowStore:
    """One MLflow store for all tests of this file: making its tables takes seconds."""
    return MlflowStore.of_shop("sqlite:///mlflow.db", tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def run_id(store: MlflowStore) -> str:
    """A finished training run."""
    with training_run(store, "demo", "first") as tracker:
        return tracker.run_id


@pytest.fixture
def registry(store: MlflowStore, request: pytest.FixtureRequest) -> Iterator[MlflowRegistry]:
    """A registry of a shop that no other test knows."""
    return MlflowRegistry(store, f"shop-{request.node.name.replace('_', '-')}")


def champion_at(registry: MlflowRegistry, versions: int, run_id: str) -> list[ModelFiles]:
    """Register and promote models 1..versions in turn."""
    made = [model(seed) for seed in range(1, versions + 1)]
    for files in made:
        version = registry.register(CHURN, files, run_id)
        registry.promote(CHURN, version, fine, who="ada", reason="gate passed", at=AT)
    return made


class TestRegister:
    def test_what_is_registered_comes_back_byte_for_byte(self, registry: MlflowRegistry, run_id: str) -> None:
        """The digest of the manifest vouches for bytes, so not one may change on the way."""
        files = model()

        version = registry.register(CHURN, files, run_id, tags={"trained_through": "2025-04-01"})

        assert version == 1
        assert registry.files(CHURN, 1) == files
        assert registry.at_alias(CHURN, CHALLENGER) == 1

    def test_a_text_that_is_no_model_is_not_registered(self, registry: MlflowRegistry, run_id: str) -> None:
        """LightGBM would take the process with it, so the text is judged before anything loads it."""
        with pytest.raises(BrokenModel, match="no LightGBM header"):
            registry.register(CHURN, ModelFiles("{}", "not a model"), run_id)

        assert registry.history(CHURN) == []

    def test_no_file_of_a_model_is_a_pickle(self, registry: MlflowRegistry, run_id: str, store: MlflowStore) -> None:
        """A model is data: text, JSON and YAML."""
        registry.register(CHURN, model(), run_id)

        assert store.artifacts is not None
        suffixes = {path.suffix for path in store.artifacts.rglob("*") if path.is_file()}
        assert suffixes <= {"", ".txt", ".json", ".yaml"}


class TestFiles:
    @pytest.mark.parametrize("name", ["model.txt", "manifest.json"])
    def test_a_damaged_artifact_is_refused(self, registry: MlflowRegistry, run_id: str, store: MlflowStore, name: str) -> None:
        """One byte is enough, and nothing has loaded it by then."""
        files = model()
        registry.register(CHURN, files, run_id)
        damage(store, files, name)

        with pytest.raises(BrokenModel, match="not what was registered"):
            registry.files(CHURN, 1)

    def test_an_unknown_version_is_missing(self, registry: MlflowRegistry, run_id: str) -> None:
        """Absent is not broken: the fix is another."""
        registry.register(CHURN, model(), run_id)

        with pytest.raises(Missing):
            registry.files(CHURN, 9)

    def test_a_label_never_trained_has_no_champion(self, registry: MlflowRegistry) -> None:
        """A first training asks for the champion before there is one."""
        with pytest.raises(Missing):
            registry.champion(CHURN)


class TestPromote:
    def test_the_champion_so_far_becomes_previous(self, registry: MlflowRegistry, run_id: str) -> None:
        """There is always something to return to."""
        first, second = champion_at(registry, 2, run_id)

        assert registry.champion(CHURN) == second
        assert registry.files(CHURN, registry.at_alias(CHURN, PREVIOUS)) == first

    def test_a_model_that_fails_its_check_moves_no_alias(self, registry: MlflowRegistry, run_id: str) -> None:
        """The canary speaks first."""
        champion_at(registry, 1, run_id)
        version = registry.register(CHURN, model(2), run_id)

        def refuse(_: ModelFiles) -> None:
            raise BrokenModel("scores NaN on canary rows", fix="train again")

        with pytest.raises(BrokenModel, match="canary"):
            registry.promote(CHURN, version, refuse, who="ada", reason="try", at=AT)

        assert registry.at_alias(CHURN, CHAMPION) == 1
        assert [move.to_version for move in registry.trail(CHURN)] == [1]

    def test_a_damaged_model_moves_no_alias_and_is_never_tried(self, registry: MlflowRegistry, run_id: str, store: MlflowStore) -> None:
        """Not even the canary sees bytes that nobody vouches for."""
        champion_at(registry, 1, run_id)
        files = model(2)
        version = registry.register(CHURN, files, run_id)
        damage(store, files, "model.txt")
        tried: list[ModelFiles] = []

        with pytest.raises(BrokenModel):
            registry.promote(CHURN, version, tried.append, who="ada", reason="try", at=AT)

        assert tried == []
        assert registry.at_alias(CHURN, CHAMPION) == 1

    def test_the_champion_promoted_again_stays_and_leaves_previous_alone(self, registry: MlflowRegistry, run_id: str) -> None:
        """A retry after a killed run must not make the champion its own predecessor."""
        champion_at(registry, 2, run_id)

        registry.promote(CHURN, 2, fine, who="ada", reason="again", at=AT)

        assert registry.at_alias(CHURN, PREVIOUS) == 1


class TestRollBack:
    def test_the_previous_champion_returns(self, registry: MlflowRegistry, run_id: str) -> None:
        """One call, and it goes one further back each time."""
        first, second, _ = champion_at(registry, 3, run_id)

        assert registry.roll_back(CHURN, fine, who="bob", reason="complaints", at=AT) == (2, second)
        assert registry.at_alias(CHURN, PREVIOUS) == 1
        assert registry.roll_back(CHURN, fine, who="bob", reason="more", at=AT) == (1, first)
        with pytest.raises(Missing, match="no previous"):
            registry.roll_back(CHURN, fine, who="bob", reason="even more", at=AT)
        assert registry.champion(CHURN) == first

    def test_says_who_when_and_why(self, registry: MlflowRegistry, run_id: str) -> None:
        """An audit asks about every move, not only the last."""
        champion_at(registry, 2, run_id)

        registry.roll_back(CHURN, fine, who="bob", reason="complaints", at=Instant(1_700_000_060))

        moves = [(m.at, m.who, m.from_version, m.to_version, m.reason) for m in registry.trail(CHURN)]
        assert moves == [
            (1_700_000_000, "ada", None, 1, "gate passed"),
            (1_700_000_000, "ada", 1, 2, "gate passed"),
            (1_700_000_060, "bob", 2, 1, "roll back: complaints"),
        ]
        newest = registry.history(CHURN)[0]
        assert (newest.version, newest.tags["rolled_back"], newest.tags["champion.who"]) == (2, "complaints", "ada")


def test_the_verdict_of_the_gate_stands_beside_the_version(registry: MlflowRegistry, run_id: str) -> None:
    """Whoever looks at a version sees why it was or was not promoted."""
    registry.register(CHURN, model(), run_id)

    registry.verdict(CHURN, 1, passed=False, says="log loss 0.41 against 0.38")

    tags = registry.history(CHURN)[0].tags
    assert (tags["gate"], tags["gate_says"]) == ("failed", "log loss 0.41 against 0.38")


def damage(store: MlflowStore, files: ModelFiles, name: str) -> None:
    """Change one byte of a file of the model in every copy that MLflow keeps."""
    assert store.artifacts is not None
    for manifest in store.artifacts.rglob("manifest.json"):
        if manifest.read_text() == files.manifest:
            path = manifest.parent / name
            path.write_bytes(path.read_bytes()[:-1] + b"!")
