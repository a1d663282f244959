"""The decision engine and its batch: from summaries to decisions, and what each method takes and returns."""

from __future__ import annotations

import numpy as np

from decisions.engine.engine import DecisionEngine
from decisions.explanation.decision_json import rows
from features import summary_names
from otokui.frames import NO_MONEY, NO_PLACE, Batch, texts
from scoring import ModelSet
from tests.unit.decisions.builders import AS_OF, Foretold, channel, message, people, policy

BOTH = policy([message(channels=["email", "push"])], [channel("email"), channel("push")])


class TestEngine:
    def test_without_models_everybody_gets_a_row_and_nobody_a_message(self) -> None:
        """Predictions that cannot be made are NaN, and NaN permits nothing."""
        summaries = Batch(texts(["ada", "bob"]), summary_names(), np.full((2, len(summary_names())), np.nan))
        engine = DecisionEngine(ModelSet({}), policy())

        decided = engine.decide(engine.prepare(summaries, people(engine.policy, ["ada", "bob"]).state, AS_OF, AS_OF))

        assert [row["reasons"][0]["code"] for row in rows(decided)] == ["invalid_prediction"] * 2

    def test_the_candidate_that_is_chosen_is_the_one_that_is_decided(self) -> None:
        """``decide``, ``compare`` and ``probabilities`` see the same facts."""
        engine, someone = Foretold(ModelSet({}), BOTH), people(BOTH, consented=[[0, 1]])
        batch = engine.prepare(someone.summaries, someone.state, AS_OF, AS_OF)

        (row,) = rows(engine.decide(batch))
        best = engine.compare(batch)[0]

        assert (row["channel"]["name"], best.channel, best.chosen) == ("push", "push", True)
        assert engine.probabilities(batch).tolist() == [[0.0, 1.0, 0.0]]


class TestCustomerBatch:
    def test_rows_cut_every_part_alike(self) -> None:
        """In the order that is asked for."""
        batch = people(BOTH, ["ada", "bob", "eve"], p_purchase=[[0.1], [0.2], [0.3]], contacts_in_period=[1, 2, 3]).batch()

        some = batch.rows(np.array([2, 0]))

        assert len(some) == 2
        assert some.customer_ids.tolist() == some.summaries.customer_ids.tolist() == ["eve", "ada"]
        assert some.predictions.customer_ids.tolist() == ["eve", "ada"]
        assert some.predictions.p_purchase[:, 0].tolist() == [0.3, 0.1]
        assert some.contacts.contacts_in_period.tolist() == [3, 1]

    def test_closing_a_channel_closes_it_for_one_customer_and_leaves_the_batch_as_it_was(self) -> None:
        """The next selection goes without it; others keep it."""
        batch = people(BOTH, ["ada", "bob"]).batch()

        closed = batch.closing(1, 0, NO_PLACE).closing(0, 1, NO_MONEY)

        assert closed.contacts.shut is not None
        assert closed.contacts.shut.tolist() == [[0, NO_MONEY], [NO_PLACE, 0]]
        assert batch.contacts.shut is not None
        assert batch.contacts.shut.tolist() == [[0, 0], [0, 0]]
