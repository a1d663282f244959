"""The gate of the response model: what says less of the newest contacts than what decides now does not take its place."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from features import fingerprint
from otokui.domain import DAY, Instant
from otokui.ports.models import ModelFiles
from scoring.pair_models.uplift import load_response
from tests.unit.training.uplift.test_uplift_model import CELLS, rows
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.response_gate import judge_response
from training.uplift.uplift_model import TrainedResponse, train_response

COUNT = 12_000
END = COUNT * 600 + 14 * DAY


def logged(added: float = 0.1, seed: int = 3) -> ContactRows:
    """Return contacts one every ten minutes, each with fourteen response days."""
    at = np.arange(COUNT) * 600
    return replace(rows(COUNT, added, seed), at=at, until=at + 14 * DAY)


def learnt(seen: ContactRows, through: int = END) -> TrainedResponse:
    return train_response(seen, np.full(len(seen), np.nan), CELLS, fingerprint=fingerprint(), train_through=Instant(through))


@cache
def usual() -> tuple[ContactRows, TrainedResponse]:
    """The usual contacts and the model learnt from them, once for all tests: neither is changed by any."""
    seen = logged()
    return seen, learnt(seen)


def upside_down(trained: TrainedResponse, through: int) -> ModelFiles:
    """Return the model with every effect turned into its opposite: the worst there can be."""
    manifest = load_response(trained.files).manifest
    cells = tuple(cell.model_copy(update={"base": -cell.base, "slopes": tuple(-s for s in cell.slopes)}) for cell in manifest.cells)
    return ModelFiles(manifest.model_copy(update={"cells": cells, "trained_through": through}).to_json(), trained.files.text)


class TestJudgeResponse:
    def test_better_than_what_was_stated_passes(self) -> None:
        """The effect is a tenth, and two in a hundred were stated."""
        seen, good = usual()

        verdict = judge_response(seen, CELLS, good, None)

        assert verdict.passed
        assert "stated priors" in verdict.says

    def test_worse_than_the_live_model_does_not(self) -> None:
        """Beside one that has learnt from the same contacts, a model that says the opposite fails."""
        seen, good = usual()
        bad = TrainedResponse(upside_down(good, END), {})

        verdict = judge_response(seen, CELLS, bad, load_response(good.files))

        assert not verdict.passed
        assert verdict.says.startswith("worse beyond chance")

    def test_a_live_model_that_was_wrong_gives_way(self) -> None:
        """However old it is: judged on contacts that neither has seen."""
        seen, good = usual()

        assert judge_response(seen, CELLS, good, load_response(upside_down(good, 0))).passed

    def test_few_new_contacts_tell_nothing(self) -> None:
        """Twenty held back are no ground for refusing."""
        seen, good = usual()
        some = seen.rows(np.arange(COUNT) < 300)

        verdict = judge_response(some, CELLS, TrainedResponse(upside_down(good, END), {}), None)

        assert verdict.passed
        assert "too few" in verdict.says

    def test_a_candidate_the_live_model_does_not_know_is_taken_as_stated(self) -> None:
        """A new message is no reason to fail."""
        seen, good = usual()
        known_one = Cells(CELLS.names[:1], {"channel": np.array([0])}, CELLS.prior[:1], CELLS.spread[:1])
        first = seen.rows(seen.cell == 0)
        live = train_response(first, np.full(len(first), np.nan), known_one, fingerprint=fingerprint(), train_through=Instant(0))

        assert judge_response(seen, CELLS, good, load_response(live.files)).passed

    def test_it_needs_to_know_when(self) -> None:
        """Rows without times cannot be divided into older and newest."""
        with pytest.raises(ValueError, match="when they were"):
            judge_response(rows(), CELLS, usual()[1], None)
