"""Random and usual groups: stable, apart from control, chosen otherwise, with the chance that is logged."""

from __future__ import annotations

from typing import Any

import numpy as np

from decisions.decision_table import GROUPS, Decisions
from decisions.policy.control_groups import ComparisonGroups, Holdout
from decisions.selection.policy_probabilities import action_chances
from otokui.domain import HoldoutGroup, Status
from otokui.frames import texts
from otokui.settings.settings import Settings
from tests.property.test_decisions import _crowd
from tests.unit.decisions.builders import channel, message, people, policy

TWO = [channel("email"), channel("sms", response_factor=2.0)]


def members(decided: Decisions, group: HoldoutGroup) -> np.ndarray:
    return np.flatnonzero(decided.group == GROUPS.index(group))


def under(**decisions: Any) -> Any:
    """A policy of two messages over two channels without control groups."""
    plain = {"holdout_share": 0.0, "scenario_holdout_share": 0.0, "exploration_share": 0.0, "exploration_most": 0.0}
    return policy([message("news", channels=["email", "sms"]), message("care", channels=["email", "sms"])], TWO, **(plain | decisions))


class TestDraw:
    def test_groups_are_apart_and_have_their_shares(self) -> None:
        """Nobody is in two groups; a larger random share keeps its members."""
        ids = texts([f"c{number}" for number in range(20_000)])
        small, large = (ComparisonGroups.draw(ids, Holdout("salt", 0.1, 0.0, share, 0.2, "news")) for share in (0.05, 0.1))

        assert not (small.random & small.usual).any()
        assert abs(small.random.mean() - 0.9 * 0.05) < 0.006
        assert abs(small.usual.mean() - 0.9 * 0.95 * 0.2) < 0.01
        assert (large.random | ~small.random).all()

    def test_shares_of_zero_draw_nobody(self) -> None:
        """Without the settings nothing changes."""
        made = ComparisonGroups.draw(texts(["a", "b"]), Holdout("salt", 0.1, 0.1))

        assert not (made.random | made.usual).any()


class TestRandom:
    def test_every_permitted_candidate_has_the_same_chance(self) -> None:
        """Four candidates, 4,000 customers: a quarter each, and a quarter is what the log says."""
        crowd = _crowd(under(random_share=1.0), 3, 4_000, 0.0)
        decided = crowd.decide()
        contact = decided.is_status(Status.CONTACT)
        chances = action_chances(crowd.batch(), crowd.policy)
        rows = np.flatnonzero(contact)

        assert contact.sum() > 100
        assert set(decided.group.tolist()) == {GROUPS.index(HoldoutGroup.RANDOM)}
        assert np.allclose(chances[rows, decided.considered[rows]], decided.propensity[rows])
        assert np.allclose([len(set(row[row > 0])) for row in chances[rows, :-1]], 1)
        shares = np.bincount(decided.considered[contact], minlength=len(crowd.policy.candidates)) / contact.sum()
        expected = chances[rows, :-1].mean(axis=0)
        assert (np.abs(shares - expected) < 4 * np.sqrt(expected / contact.sum()) + 1e-9).all()

    def test_others_decide_as_if_there_were_no_group(self) -> None:
        """Whoever is not in the group gets the most valuable candidate."""
        with_group, without = (_crowd(under(random_share=share), 3, 1_000, 0.0).decide() for share in (0.3, 0.0))
        others = np.setdiff1d(np.arange(1_000), members(with_group, HoldoutGroup.RANDOM))

        assert 200 < 1_000 - len(others) < 400
        assert (with_group.considered[others] == without.considered[others]).all()


class TestUsual:
    def test_the_usual_message_is_sent_whatever_it_is_worth(self) -> None:
        """The most valuable message is another one; the first permitted channel is taken, and the reason says why."""
        chosen = under(usual_share=1.0, usual_message="care")

        row = people(chosen, consented=[0, 1]).row()

        assert (row["status"], row["message"]["message_id"], row["channel"]["name"]) == ("contact", "care", "sms")
        assert (row["group"], row["action_probability"]) == ("usual", 1.0)
        assert "usual" in [reason["code"] for reason in row["reasons"]]

    def test_whatever_says_no_stops_it(self) -> None:
        """Without consent the usual group is left alone too."""
        assert people(under(usual_share=1.0, usual_message="care"), consented=[0, 0]).row()["status"] == "suppressed"


def test_groups_that_nobody_is_in_leave_the_digest_as_it_was() -> None:
    """A policy recorded before there were groups is compiled to the same digest."""
    governing = Settings().governing()

    assert "random_share" not in governing
    assert "usual" not in governing
