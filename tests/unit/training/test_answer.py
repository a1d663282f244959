"""The answer model: learnt from contacts and what became of them, kept as data, refused when tampered with or when there is too little."""

from __future__ import annotations

import json

import numpy as np
import pytest

from features import feature_names, fingerprint
from otokui.domain import Instant
from otokui.errors import BadInput, BrokenModel, FeatureSetMismatch, NotEnoughData
from otokui.frames import Batch, texts
from otokui.ports import ModelFiles
from otokui.settings import Training
from scoring.answer import load_answer, own_factor
from scoring.rhythm import Rhythm
from training.answer import AnswerRows, TrainedAnswer, train_answer

RHYTHM = Rhythm(shape=(1.0,), scale_days=(30.0,), dropout=(0.1,), weights=((1.0,),))


def rows(count: int = 1_500, seed: int = 5, slope: float = 2.0) -> AnswerRows:
    """Return contacts of two messages, "often" and "seldom"; who has a low recency answers more, as far as ``slope`` says."""
    rng = np.random.default_rng(seed)
    values = np.full((count, len(feature_names())), np.nan)
    recency = rng.uniform(0.0, 1.0, count)
    for name, column in (("recency_days", 100.0 * recency), ("sent_count", np.zeros(count)), ("purchase_count", np.ones(count))):
        values[:, feature_names().index(name)] = column
    often = rng.random(count) < 0.5
    chance = 1.0 / (1.0 + np.exp(-(np.where(often, -1.0, -2.5) + slope * (0.5 - recency) * 2.0)))
    vectors = Batch(texts([f"c{k}" for k in range(count)]), feature_names(), values)
    return AnswerRows(vectors, texts(np.where(often, "often", "seldom").tolist()), {"fit": rng.random(count)}, rng.random(count) < chance)


def trained(seen: AnswerRows | None = None) -> TrainedAnswer:
    """Train with few rounds."""
    settings = Training(rounds=60, bags=2, threads=1)
    return train_answer(seen or rows(), RHYTHM, settings, window_days=28.0, fingerprint=fingerprint(), train_through=Instant(9))


class TestTrainAnswer:
    def test_who_answers_is_foretold_better_than_by_counts(self) -> None:
        """Recency tells them apart, and is what the model looks at."""
        found = trained()

        assert found.metrics["auc"] > found.metrics["auc_by_counts"] + 0.05
        assert next(iter(found.gains)) == "recency_days"

    def test_where_nothing_tells_customers_apart_counts_stand(self) -> None:
        """The booster keeps still, and a message's chance is its share answered, shrunk a little to that of all."""
        seen = rows(slope=0.0)
        found = trained(seen)
        said = load_answer(found.files).chance(seen.vectors, seen.messages, seen.more)
        often = seen.messages == "often"

        assert found.metrics["rounds"] == 0.0
        assert said[often].mean() == pytest.approx(seen.answered[often].mean(), abs=0.02)
        assert said[~often].mean() == pytest.approx(seen.answered[~often].mean(), abs=0.02)

    def test_too_few_answers_are_refused_with_how_many_there_are(self) -> None:
        """Nobody learns from a dozen answers."""
        seen = rows(400)
        few = np.zeros(400, dtype=np.bool_)
        few[:12] = True

        with pytest.raises(NotEnoughData, match="12 of 400"):
            trained(AnswerRows(seen.vectors, seen.messages, seen.more, few))

    def test_the_same_contacts_give_the_same_model(self) -> None:
        """Rows and columns are drawn with a seed."""
        assert trained().files == trained().files


class TestAnswer:
    def test_one_contact_asked_alone_gets_what_it_gets_in_company(self) -> None:
        """Nothing is computed over rows."""
        seen, model = rows(), load_answer(trained().files)
        first = np.arange(len(seen)) < 1

        alone = model.chance(seen.vectors.rows(first), seen.messages[first], {"fit": seen.more["fit"][first]})

        assert alone[0] == model.chance(seen.vectors, seen.messages, seen.more)[0]

    def test_a_column_that_is_not_brought_is_named(self) -> None:
        """The model was trained with what the message offers."""
        seen = rows()

        with pytest.raises(BadInput, match="fit"):
            load_answer(trained().files).chance(seen.vectors, seen.messages)

    def test_a_changed_text_or_another_feature_set_is_refused(self) -> None:
        """The manifest vouches for the text before LightGBM sees it."""
        files = trained().files
        other = json.loads(files.manifest) | {"fingerprint": "other"}

        with pytest.raises(BrokenModel, match="vouches"):
            load_answer(ModelFiles(files.manifest, files.text + " "))
        with pytest.raises(FeatureSetMismatch):
            load_answer(ModelFiles(json.dumps(other), files.text))

    def test_own_answers_count_against_those_to_be_expected(self) -> None:
        """Usual is one in ten: ten without an answer halve it, two answers of ten raise it by half; never contacted is as usual."""
        values = np.array([[10.0, 0.0], [10.0, 0.2], [np.nan, np.nan]])
        vectors = Batch(texts(["a", "b", "c"]), ("sent_count", "conversion_share"), values)

        assert own_factor(vectors, 0.1, 1.0).tolist() == [0.5, 1.5, 1.0]
