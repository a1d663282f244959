"""What a contact adds, customer by customer, where a response model is live; and where none is."""

from __future__ import annotations

import json

import lightgbm
import numpy as np
import pytest

from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.explanation.decision_json import rows
from decisions.policy.policy import Policy
from decisions.value.expected_value import candidate_values, value_inputs
from features import fingerprint
from otokui.domain import Instant
from otokui.ports.models import ModelFiles
from scoring.base_models.purchase_times import DirichletMixture
from scoring.model_files.manifest import digest_of
from tests.unit.decisions.builders import People, channel, evidence, message, people, settings

OF_RECENCY = {"features": ["recency_days"], "knots": [[0.0, 100.0]], "ranks": [[-1.0, 1.0]]}


def response(kept: float = 1.0, of_late: float = 0.0, **cells: tuple[float, float]) -> ModelFiles:
    """Return a response model of message "hello": by channel its base and how it grows with the rank of recency."""
    said = OF_RECENCY | {
        "without": [0.2, 0.0],
        "contacted": [0.2, 0.0],
        "centre": 0.2,
        "spread": 1.0,
        "boosted": False,
        "kept": kept,
        "of_late": of_late,
        "fingerprint": fingerprint(),
        "trained_through": 1,
        "sha256": digest_of(""),
        "otokui_version": "0",
        "cells": [
            {
                "message_id": "hello",
                "channel": name,
                "base": base,
                "base_variance": 0.0001,
                "slopes": [0.0, slope, 0.0],
                "slope_variances": [0.0, 0.0001, 0.0],
            }
            for name, (base, slope) in cells.items()
        ],
    }
    return ModelFiles(json.dumps(said), "")


def shop(files: ModelFiles | None, **limits: float) -> Policy:
    both = settings([message(channels=["email", "push"], prior_uplift=0.01)], [channel("email"), channel("push")], **limits)
    return compile_policy(both, evidence(response=files))


def crowd(under: Policy, count: int = 40) -> People:
    found = people(under, ids=[f"c-{i}" for i in range(count)])
    found.vectors.column("recency_days")[:] = np.linspace(4.0, 120.0, count)
    return found


class TestLearnt:
    def test_effects_learnt_from_the_tired_are_larger_on_the_rested(self) -> None:
        """Taught by contacts after two of late on average: to another like them what was learnt, to the rested twice as much."""
        under = shop(response(of_late=2.0, email=(0.05, 0.0), push=(0.01, 0.0)), wear_out=0.5)
        as_taught, rested = (float(people(under, sent_decay_14=of_late, p_purchase=0.0).decide().value.uplift[0]) for of_late in (2.0, 0.0))

        assert as_taught == pytest.approx(0.05)
        assert rested == pytest.approx(0.1)

    def test_where_effects_grow_with_the_response_those_who_respond_are_told_apart(self) -> None:
        """LightGBM expects more of those who bought lately, if contacted: to them e-mail adds more, and each cell has that column."""
        recency = np.repeat([-1.0, 1.0], 60)[:, None]
        params = {"objective": "binary", "verbosity": -1, "min_data_in_leaf": 5, "num_threads": 1}
        text = lightgbm.train(params, lightgbm.Dataset(recency, np.repeat([1.0, 0.0], 60)), 20).model_to_string()
        plain = response(email=(0.05, 0.0), push=(0.01, 0.0))
        said = json.loads(plain.manifest) | {"response": {"centre": 0.5, "spread": 0.5}, "sha256": digest_of(text)}
        for cell in said["cells"]:
            cell["slopes"] = [0.0, 0.02, 0.0, 0.0]
            cell["slope_variances"] = [0.0, 0.0001, 0.0, 0.0]

        uplift = crowd(shop(ModelFiles(json.dumps(said), text))).decide().value.uplift

        assert uplift[0] > 0.05 > uplift[-1]

    def test_each_customer_gets_the_channel_that_adds_most(self) -> None:
        """Push adds more to those who bought lately, e-mail to the others."""
        decided = crowd(shop(response(email=(0.05, 0.04), push=(0.05, -0.04)))).decide()

        names = [rows(decided)[i]["channel"]["name"] for i in (0, 39)]

        assert names == ["push", "email"]

    def test_without_differences_all_get_the_best_single_one(self) -> None:
        """What is the same for everybody never tells customers apart."""
        decided = crowd(shop(response(email=(0.03, 0.0), push=(0.05, 0.0)))).decide()

        assert {rows(decided)[i]["channel"]["name"] for i in range(40)} == {"push"}

    def test_where_contact_takes_purchases_away_there_is_silence(self) -> None:
        """Nobody is contacted at a loss, and the best that was found is told."""
        row = crowd(shop(response(email=(-0.02, 0.0), push=(-0.01, 0.0)))).row()

        assert row["status"] == "no_contact"
        assert row["considered"]["value"]["uplift"] == pytest.approx(-0.008)  # of the 80% who would not buy

    def test_what_was_only_pulled_forward_is_not_gained(self) -> None:
        """Half kept is half the value; the uplift itself is what it is."""
        whole, half = (crowd(shop(response(kept, email=(0.1, 0.0)))).decide().value for kept in (1.0, 0.5))

        assert half.expected_value.tolist() == pytest.approx((whole.expected_value / 2.0).tolist())
        assert half.uplift.tolist() == whole.uplift.tolist()

    def test_a_candidate_it_does_not_know_keeps_its_prior(self) -> None:
        """A channel added after the last training."""
        under = shop(response(email=(0.002, 0.0)))

        assert under.value.terms.uplift.mean.tolist() == [0.002, 0.01]

    def test_the_interval_is_wider_far_from_the_middle(self) -> None:
        """What is said of unusual customers is known less well."""
        value = crowd(shop(response(email=(0.1, 0.0), push=(0.0, 0.0)))).decide().value

        width = value.uplift_high - value.uplift_low

        assert width[0] > width[15]

    def test_what_is_shown_is_what_was_chosen_by(self) -> None:
        """The value of the grid and that of the parts, byte for byte; and alone as in company."""
        everybody = crowd(shop(response(0.7, email=(0.05, 0.03), push=(0.05, -0.02))))
        under = everybody.policy

        decided = everybody.decide()
        values = candidate_values(value_inputs(everybody.batch(), under.value), under.value)

        assert decided.value.expected_value.tolist() == values[np.arange(40), decided.considered].tolist()
        for i in (0, 7, 39):
            assert everybody.rows(slice(i, i + 1)).row() == rows(decided)[i]


class TestEvidence:
    def test_the_model_travels_with_the_evidence(self) -> None:
        """The nightly run and the service compile the same policy from the same file."""
        told = Evidence(Instant(5), response=response(email=(0.1, 0.0)))

        again = Evidence.from_json(told.to_json())

        assert again == told
        assert again.model() is not None

    def test_the_kinds_of_customers_travel_too(self) -> None:
        """To the last bit, or the service would send at another minute than the night."""
        told = Evidence(Instant(5), active_hours=DirichletMixture(weights=(0.1 + 0.2, 0.7), alphas=((1.0 / 3.0,) * 8, (9.0,) * 8)))

        assert Evidence.from_json(told.to_json()) == told

    def test_another_model_is_another_policy(self) -> None:
        """A digest stands for everything that may change a decision."""
        digests = {shop(files).digest for files in (None, response(email=(0.1, 0.0)), response(email=(0.2, 0.0)))}

        assert len(digests) == 3
