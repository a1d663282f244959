"""The response model: learnt from contacts against those held back, kept as data, refused when it was tampered with."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from features import feature_names, fingerprint
from otokui.domain import Instant
from otokui.errors import BrokenModel, FeatureSetMismatch, NotEnoughData
from otokui.frames import Batch, texts
from otokui.ports.models import ModelFiles
from scoring.pair_models.uplift import load_response
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.uplift_model import FEATURES, kept_share, train_response

CELLS = Cells(("hello|email", "hello|push"), {"channel": np.array([0, 1])}, np.array([0.02, 0.02]), np.array([0.02, 0.02]))


def rows(count: int = 6_000, added: float = 0.1, seed: int = 3) -> ContactRows:
    rng = np.random.default_rng(seed)
    matrix = rng.exponential(1.0, (count, len(FEATURES)))
    matrix[rng.random(matrix.shape) < 0.2] = np.nan
    contacted = rng.random(count) < 0.8
    bought = rng.random(count) < 0.2 + added * contacted
    cell = rng.integers(0, 2, count)
    return ContactRows(FEATURES, matrix, cell, contacted, np.full(count, 0.8), bought.astype(np.float64), np.arange(count))


def trained(seen: ContactRows | None = None) -> ModelFiles:
    seen = rows() if seen is None else seen
    return train_response(seen, np.full(len(seen), np.nan), CELLS, fingerprint=fingerprint(), train_through=Instant(9)).files


@cache
def usual() -> ModelFiles:
    """The model of the usual contacts, trained once: a test that changes it works on a copy."""
    return trained()


class TestTrainResponse:
    def test_what_is_loaded_says_what_was_learnt(self) -> None:
        """Each candidate's effect lies near the truth, and away from what was assumed."""
        said = load_response(usual()).manifest

        assert [(cell.message_id, cell.channel) for cell in said.cells] == [("hello", "email"), ("hello", "push")]
        assert all(0.06 < cell.base < 0.14 for cell in said.cells)
        assert said.trained_through == 9

    def test_without_anybody_held_back_nothing_is_learnt(self) -> None:
        """Contacts alone compare with nobody."""
        seen = rows(400)

        with pytest.raises(NotEnoughData, match="held back"):
            trained(seen.rows(seen.contacted))

    def test_many_contacts_teach_who_responds_at_all(self) -> None:
        """Where one in three never buys and is never moved, effects grow with LightGBM's response, which travels with the model."""
        seen = rows(24_000)
        moved = (seen.matrix[:, 0] > 0.5) & (seen.matrix[:, 1] > 0.5)
        rng = np.random.default_rng(8)
        seen = replace(seen, outcome=(rng.random(len(seen)) < moved * (0.1 + 0.2 * seen.contacted)).astype(np.float64))

        model = load_response(trained(seen))

        columns = model.columns(Batch(texts([str(i) for i in range(len(seen))]), FEATURES, seen.matrix))
        effects = model.manifest.cells[0].base + columns @ np.array(model.manifest.cells[0].slopes)
        assert model.manifest.response is not None
        assert effects[moved].mean() > 0.12
        assert effects[~moved].mean() < 0.04

    def test_a_model_short_of_a_booster_is_refused(self) -> None:
        """The manifest says how many there are."""
        files = trained(rows(24_000))
        said = json.loads(files.manifest) | {"response": None}
        for cell in said["cells"]:
            cell["slopes"], cell["slope_variances"] = cell["slopes"][1:], cell["slope_variances"][1:]

        with pytest.raises(BrokenModel, match="boosters"):
            load_response(ModelFiles(json.dumps(said), files.text))

    def test_the_same_contacts_give_the_same_model(self) -> None:
        """Folds and trees are drawn with a seed."""
        assert trained() == usual()

    def test_a_changed_text_is_refused(self) -> None:
        """The manifest vouches for the text before LightGBM sees it."""
        files = usual()

        with pytest.raises(BrokenModel, match="vouches for"):
            load_response(ModelFiles(files.manifest, files.text + " "))

    def test_a_number_that_is_none_is_refused(self) -> None:
        """A slope of infinity would decide everything."""
        said = json.loads(usual().manifest)
        said["cells"][0]["base"] = float("inf")

        with pytest.raises(BrokenModel, match="cannot be read"):
            load_response(ModelFiles(json.dumps(said), usual().text))

    def test_other_features_are_refused(self) -> None:
        """What was learnt on other definitions does not apply."""
        said = json.loads(usual().manifest) | {"fingerprint": "other"}

        with pytest.raises(FeatureSetMismatch):
            load_response(ModelFiles(json.dumps(said), usual().text))

    def test_one_customer_gets_the_bytes_of_the_batch(self) -> None:
        """Alone, or among two thousand, whatever is unknown or infinite."""
        rng = np.random.default_rng(5)
        values = rng.exponential(1.0, (2_000, len(feature_names())))
        values[rng.random(values.shape) < 0.1] = np.nan
        values[rng.random(values.shape) < 0.01] = np.inf
        vectors = Batch(texts([f"c{i}" for i in range(2_000)]), feature_names(), values)
        model = load_response(usual())

        together = model.columns(vectors)

        assert np.isfinite(together).all()
        assert all((model.columns(vectors.rows(slice(i, i + 1)))[0] == together[i]).all() for i in range(0, 2_000, 97))


class TestKeptShare:
    def test_what_is_missing_afterwards_was_pulled_forward(self) -> None:
        """Contact adds a tenth and takes as much from the time after: little of it is kept."""
        seen = rows(40_000)
        rng = np.random.default_rng(1)
        after = (rng.random(len(seen)) < 0.3 - 0.1 * seen.contacted).astype(np.float64)

        assert kept_share(seen, after, np.full(len(seen), 0.1)) < 0.35

    def test_what_is_not_over_counts_as_kept(self) -> None:
        """Without the time after, there is nothing to take from."""
        seen = rows(1_000)

        assert kept_share(seen, np.full(len(seen), np.nan), np.full(len(seen), 0.1)) == 1.0
