"""The chances that off-policy evaluation divides by are those that decisions are logged with, for anybody at all."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from decisions.decision_table import Decisions
from decisions.selection.policy_probabilities import action_chances
from otokui.domain import Status
from tests.property.test_decisions import QUICK, _crowd, _policy, crowds
from tests.unit.decisions.builders import People


def said(crowd: People) -> tuple[Decisions, np.ndarray]:
    """Return what was decided and the chances of everything that could have been."""
    chances = action_chances(crowd.batch(), crowd.policy)
    return crowd.decide(), chances


@QUICK
@given(crowds)
def test_chances_are_chances(crowd: People) -> None:
    """Never below zero, and whatever is done or left undone sums to one."""
    _, chances = said(crowd)

    assert (chances >= 0.0).all()
    assert np.allclose(chances.sum(axis=1), 1.0)


@QUICK
@given(crowds)
def test_what_was_done_has_the_chance_that_was_logged(crowd: People) -> None:
    """A contact has its own chance, times that of not being in a control group; else silence has the rest."""
    decided, chances = said(crowd)
    holdout = crowd.policy.holdout
    treated = (1.0 - holdout.share) * (1.0 - holdout.scenario_share)
    contact, control = decided.is_status(Status.CONTACT), decided.is_status(Status.CONTROL)
    drawn = np.flatnonzero(contact | control)
    silent = ~(contact | control)

    assert np.allclose(chances[drawn, decided.considered[drawn]], decided.propensity[drawn] * treated)
    assert np.allclose(chances[drawn, -1], 1.0 - treated)
    assert (chances[silent, -1] == 1.0).all()


def test_the_shares_of_what_was_decided_are_the_chances() -> None:
    """Over 4,000 customers with exploration: as many contacts per candidate as the chances add up to, within four standard errors."""
    crowd = _crowd(_policy(exploration_share=0.4), 5, 4_000, 0.0)
    decided, chances = said(crowd)
    contact = decided.is_status(Status.CONTACT)
    done = np.bincount(decided.considered[contact], minlength=chances.shape[1] - 1)
    expected = chances[:, :-1].sum(axis=0)
    error = np.sqrt((chances[:, :-1] * (1.0 - chances[:, :-1])).sum(axis=0))

    assert contact.sum() > 400
    assert (np.abs(done - expected) <= 4.0 * error + 1e-9).all()
