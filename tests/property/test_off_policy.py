"""What off-policy evaluation must never, or must always, do, whatever was logged."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from measurement.off_policy.estimators import EstimatorInputs, dr
from measurement.off_policy.evaluation import compare, evaluate
from measurement.off_policy.logged_policy import LoggedPolicy
from measurement.off_policy.weights import support, weights
from otokui.frames import Floats

seeds, sizes, counts = st.integers(0, 2**32 - 1), st.integers(2, 200), st.integers(1, 6)
EVERY = ("ips", "snips", "dm", "dr", "switch", "shrunk")


def drawn(seed: int, rows: int, actions: int) -> tuple[LoggedPolicy, Floats, Floats, Floats]:
    """Draw a log, its logging chances, a target and a reward model, all at random."""
    rng = np.random.default_rng(seed)
    logging, target = (rng.dirichlet(np.full(actions, 0.7), rows) * 0.98 + 0.02 / actions for _ in range(2))
    taken = np.minimum((logging.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1), actions - 1)
    return LoggedPolicy(taken, logging[np.arange(rows), taken], rng.normal(size=rows)), logging, target, rng.normal(size=(rows, actions))


@given(seeds, sizes, counts)
def test_weights_are_never_negative_and_evidence_never_exceeds_the_customers(seed: int, rows: int, actions: int) -> None:
    """Weighing can only lose evidence."""
    logged, _, target, _ = drawn(seed, rows, actions)

    found = support(logged, target)

    assert (weights(logged, target) >= 0.0).all()
    assert 0.0 < found.effective <= rows * (1 + 1e-9)
    assert 1.0 / rows <= found.largest_share <= 1.0


@given(seeds, sizes, counts)
def test_the_logging_policy_is_worth_what_was_earned(seed: int, rows: int, actions: int) -> None:
    """Weights of one: ips and snips are the mean reward, and all decisions are evidence."""
    logged, logging, _, _ = drawn(seed, rows, actions)

    made = evaluate(logged, logging, actions)

    assert np.isclose(made.estimates["ips"].value, logged.rewards.mean())
    assert np.isclose(made.estimates["snips"].value, logged.rewards.mean())
    assert np.isclose(made.support.effective, rows)


@given(seeds, sizes, counts, st.floats(-50.0, 50.0), st.floats(0.1, 20.0))
def test_the_unit_of_rewards_plays_no_part(seed: int, rows: int, actions: int, shift: float, scale: float) -> None:
    """Yen or dollars: every estimate and interval scales along; a shift moves all but ips, which is not indifferent to it."""
    logged, _, target, model = drawn(seed, rows, actions)
    other = LoggedPolicy(logged.actions, logged.propensities, logged.rewards * scale + shift)

    before = evaluate(logged, target, actions, predicted=model).estimates
    after = evaluate(other, target, actions, predicted=model * scale + shift).estimates

    for name in ("snips", "dm", "dr"):
        assert np.isclose(after[name].value, before[name].value * scale + shift)
        assert np.isclose(after[name].error, before[name].error * scale, atol=1e-9 * (1.0 + abs(shift)))


@given(seeds, sizes, counts)
def test_the_order_of_decisions_and_of_actions_plays_no_part(seed: int, rows: int, actions: int) -> None:
    """Actions are names, not numbers."""
    logged, _, target, model = drawn(seed, rows, actions)
    rng = np.random.default_rng(seed)
    row, name = rng.permutation(rows), rng.permutation(actions)
    other = LoggedPolicy(np.argsort(name)[logged.actions[row]], logged.propensities[row], logged.rewards[row])

    before = evaluate(logged, target, actions, predicted=model).estimates
    after = evaluate(other, target[row][:, name], actions, predicted=model[row][:, name]).estimates

    for each in EVERY:
        assert np.isclose(after[each].value, before[each].value)
        assert np.isclose(after[each].low, before[each].low)


@given(seeds, sizes, counts)
def test_an_exact_model_needs_no_chances(seed: int, rows: int, actions: int) -> None:
    """Rewards without noise: dr gives the truth of these very customers, with every propensity wrong."""
    logged, _, target, truth = drawn(seed, rows, actions)
    rng = np.random.default_rng(seed)
    earned = truth[np.arange(rows), logged.actions]
    wrong = LoggedPolicy(logged.actions, rng.uniform(0.01, 1.0, rows), earned)

    made = evaluate(wrong, target, actions, predicted=truth).estimates

    for each in ("dm", "dr", "switch", "shrunk"):
        assert np.isclose(made[each].value, (target * truth).sum(axis=1).mean())


@given(seeds, sizes, counts)
def test_exact_chances_need_no_model(seed: int, rows: int, actions: int) -> None:
    """Averaged over all actions that could have been logged, dr gives the truth with any model at all."""
    _, logging, target, model = drawn(seed, rows, actions)
    truth = np.random.default_rng(seed + 1).normal(size=(rows, actions))
    row, action = (each.ravel() for each in np.indices((rows, actions)))
    every = LoggedPolicy(action, logging[row, action], truth[row, action])

    made = dr(EstimatorInputs(every, target[row], model[row])).numerator

    assert np.isclose((logging[row, action] * made).sum() / rows, (target * truth).sum(axis=1).mean())


@given(seeds, sizes, counts)
def test_a_comparison_turns_with_its_sides(seed: int, rows: int, actions: int) -> None:
    """What one policy gains over the other, the other loses; and it is the difference of their values."""
    logged, logging, target, model = drawn(seed, rows, actions)
    assume(actions > 1)

    there, back = (compare(logged, *pair, actions, predicted=model) for pair in ((target, logging), (logging, target)))

    assert np.isclose(there.difference.value, -back.difference.value)
    assert np.isclose(there.difference.low, -back.difference.high)
    assert np.isclose(there.difference.value, there.new.estimates["dr"].value - there.present.estimates["dr"].value)


@given(seeds, sizes, counts)
def test_every_interval_holds_its_estimate(seed: int, rows: int, actions: int) -> None:
    """And no figure is NaN where chances overlap."""
    logged, _, target, model = drawn(seed, rows, actions)

    made = evaluate(logged, target, actions, predicted=model).estimates

    assert set(made) == set(EVERY)
    for each in made.values():
        assert each.low <= each.value + 1e-9
        assert each.value <= each.high + 1e-9
