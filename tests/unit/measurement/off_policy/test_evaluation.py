"""A policy that never ran, valued on decisions of another: by hand on four decisions, and on a world whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from measurement.off_policy.evaluation import Interval, compare, evaluate
from measurement.off_policy.logged_policy import LoggedPolicy
from measurement.off_policy.overlap import EvidenceThresholds
from otokui.errors import BadInput
from otokui.frames import Floats, Ints

ALWAYS_SECOND = np.array([1, 1, 1, 1])
FEW = EvidenceThresholds(min_customers=1, min_effective=0.0, max_share=1.0)


def four(**changed: object) -> LoggedPolicy:
    """Four decisions between two actions; the last was the least likely one."""
    given = {
        "actions": np.array([0, 0, 1, 1]),
        "propensities": np.array([0.5, 0.5, 0.5, 0.25]),
        "rewards": np.array([1.0, 0.0, 2.0, 4.0]),
    }
    return LoggedPolicy(**(given | changed))  # type: ignore[arg-type]  # a test may break any of them


def bandit(rows: int, rng: np.random.Generator) -> tuple[LoggedPolicy, Floats, Floats, Floats]:
    """Draw decisions among three actions: what was logged, the logging chances, the expected rewards, another policy's chances."""
    x = rng.normal(size=(rows, 1))
    expected = 1.0 / (1.0 + np.exp(-(x * np.array([0.5, -0.5, 1.0]) - 1.0)))
    logging = softmax(x * np.array([1.0, -1.0, 0.0]))
    actions = (logging.cumsum(axis=1) > rng.random((rows, 1))).argmax(axis=1)
    at = np.arange(rows)
    rewards = (rng.random(rows) < expected[at, actions]).astype(float)
    return LoggedPolicy(actions, logging[at, actions], rewards), logging, expected, softmax(x * np.array([-0.5, 0.5, 1.0]))


def softmax(scores: Floats) -> Floats:
    raised: Floats = np.exp(scores)
    return raised / raised.sum(axis=1, keepdims=True)


class TestByHand:
    def test_each_estimator_gives_what_its_formula_says(self) -> None:
        """Weights 0, 0, 2 and 4; a model that expects 3 of the second action, whatever the customer."""
        predicted = np.array([[1.0, 3.0]] * 4)

        made = evaluate(four(), ALWAYS_SECOND, 2, predicted=predicted, limits=FEW).estimates

        assert made["ips"].value == pytest.approx(5.0)
        assert made["snips"].value == pytest.approx(20.0 / 6.0)
        assert made["dm"].value == pytest.approx(3.0)
        assert made["dr"].value == pytest.approx(3.5)

    def test_support_counts_what_is_left(self) -> None:
        """Weights 0, 0, 2, 4: 36 / 20 decisions' worth, of which the last carries two thirds."""
        found = evaluate(four(), ALWAYS_SECOND, 2, limits=FEW).support

        assert found.effective == pytest.approx(1.8)
        assert found.largest_weight == 4.0
        assert found.largest_share == pytest.approx(2.0 / 3.0)

    def test_decisions_of_one_customer_count_as_one(self) -> None:
        """The same decision logged four times is no more evidence than once."""
        once, _, _, target = bandit(500, np.random.default_rng(3))
        again = LoggedPolicy(
            *(np.repeat(x, 4) for x in (once.actions, once.propensities, once.rewards)), clusters=np.repeat(np.arange(500), 4)
        )

        single, repeated = evaluate(once, target, 3), evaluate(again, np.repeat(target, 4, axis=0), 3)

        assert repeated.estimates["ips"].error == pytest.approx(single.estimates["ips"].error)
        assert repeated.support.effective == pytest.approx(single.support.effective)

    def test_the_same_policy_differs_by_nothing(self) -> None:
        """Where both policies do the same, the noise of the log is not counted."""
        logged, logging, expected, _ = bandit(500, np.random.default_rng(3))

        made = compare(logged, logging, logging, 3, predicted=expected)

        assert (made.difference.value, made.difference.low, made.difference.high) == (0.0, 0.0, 0.0)
        assert made.moved == 0.0
        assert made.cannot_tell is None


class TestCoverage:
    def test_nineteen_of_twenty_intervals_hold_the_truth(self) -> None:
        """400 logs of 1,000 decisions: by chance alone the share moves by 1.1 points."""
        rng = np.random.default_rng(11)
        _, _, expected, target = bandit(400_000, rng)
        truth = float((expected * target).sum(axis=1).mean())
        held = {"ips": 0, "snips": 0, "dr": 0}
        for _ in range(400):
            logged, _, expected, target = bandit(1_000, rng)
            made = evaluate(logged, target, 3, predicted=expected * 0.8 + 0.05, interval=Interval.NORMAL)
            for name in held:
                held[name] += made.estimates[name].low <= truth <= made.estimates[name].high

        assert all(0.92 <= count / 400 <= 0.98 for count in held.values()), held

    def test_the_bootstrap_agrees_where_the_central_limit_theorem_holds(self) -> None:
        """Two roads to the same interval, within a tenth of its length."""
        logged, _, _, target = bandit(1_000, np.random.default_rng(5))
        drawn = evaluate(logged, target, 3, interval=Interval.BOOTSTRAP, rng=np.random.default_rng(7)).estimates
        reckoned = evaluate(logged, target, 3, interval=Interval.NORMAL).estimates

        for name, each in reckoned.items():
            assert (drawn[name].low, drawn[name].high) == pytest.approx((each.low, each.high), abs=0.1 * (each.high - each.low))

    def test_empirical_bernstein_is_never_narrower_than_the_normal_interval(self) -> None:
        """It pays for holding at any sample size."""
        logged, _, expected, target = bandit(1_000, np.random.default_rng(5))
        wide, narrow = (
            evaluate(logged, target, 3, predicted=expected, interval=kind).estimates for kind in (Interval.BERNSTEIN, Interval.NORMAL)
        )

        assert all(wide[name].low < narrow[name].low and wide[name].high > narrow[name].high for name in narrow)

    def test_empirical_bernstein_does_not_take_repetition_for_evidence(self) -> None:
        """Four equal decisions of each customer bound the mean no better than one."""
        once, _, _, target = bandit(300, np.random.default_rng(5))
        again = LoggedPolicy(
            *(np.repeat(x, 4) for x in (once.actions, once.propensities, once.rewards)), clusters=np.repeat(np.arange(300), 4)
        )

        single = evaluate(once, target, 3, interval=Interval.BERNSTEIN).estimates["ips"]
        repeated = evaluate(again, np.repeat(target, 4, axis=0), 3, interval=Interval.BERNSTEIN).estimates["ips"]

        assert (repeated.low, repeated.high) == pytest.approx((single.low, single.high))

    def test_skewed_contributions_get_the_interval_that_holds_anyway(self) -> None:
        """One reward in a hundred decisions, weighed by up to fifty: the central limit theorem is far away."""
        rewards = np.zeros(200)
        rewards[:2] = 1.0
        logged = LoggedPolicy(np.zeros(200, dtype=np.int64), np.where(rewards > 0, 0.02, 1.0), rewards)

        assert evaluate(logged, np.zeros(200, dtype=np.int64), 2).estimates["ips"].interval is Interval.BERNSTEIN

    def test_switching_and_shrinking_never_do_worse_by_much_and_help_where_weights_are_heavy(self) -> None:
        """A target that wants what was logged once in fifty times, and a model that is nearly right."""
        rng = np.random.default_rng(17)
        errors: dict[str, list[float]] = {"dr": [], "switch": [], "shrunk": []}
        for _ in range(100):
            actions = (rng.random(1_000) < 0.02).astype(np.int64)
            rewards = rng.normal(1.0 + actions, 2.0)
            logged = LoggedPolicy(actions, np.where(actions == 1, 0.02, 0.98), rewards)
            made = evaluate(logged, np.ones(1_000, dtype=np.int64), 2, predicted=np.full((1_000, 2), [1.0, 1.95])).estimates
            for name, found in errors.items():
                found.append(made[name].value - 2.0)
        rmse = {name: float(np.sqrt(np.mean(np.square(found)))) for name, found in errors.items()}

        assert rmse["switch"] < rmse["dr"]
        assert rmse["shrunk"] < rmse["dr"]

    def test_taming_weights_does_not_buy_certainty(self) -> None:
        """A model that is wrong by a tenth: switch and shrunk lean on it, and their intervals still hold the truth."""
        rng = np.random.default_rng(13)
        _, _, expected, target = bandit(400_000, rng)
        truth = float((expected * target).sum(axis=1).mean())
        held = {"switch": 0, "shrunk": 0}
        for _ in range(100):
            logged, _, expected, target = bandit(1_000, rng)
            made = evaluate(logged, target, 3, predicted=expected * 0.9, interval=Interval.NORMAL)
            for name in held:
                held[name] += made.estimates[name].low <= truth <= made.estimates[name].high

        assert all(count >= 92 for count in held.values()), held


class TestCannotTell:
    def test_an_action_never_tried_has_no_value(self) -> None:
        """The third action was never logged; a number would come of the model alone."""
        rng = np.random.default_rng(1)
        logged = LoggedPolicy(rng.integers(0, 2, 1_000), np.full(1_000, 0.5), rng.random(1_000))
        target = np.full((1_000, 3), [0.4, 0.4, 0.2])

        made = evaluate(logged, target, 3)

        assert made.cannot_tell is not None
        assert made.cannot_tell.code == "no_support"
        assert "explor" in made.cannot_tell.fix

    def test_a_small_change_to_something_untried_has_none_either(self) -> None:
        """99% of the new policy has support, and its whole difference has not."""
        rng = np.random.default_rng(1)
        logged = LoggedPolicy(rng.integers(0, 2, 5_000), np.full(5_000, 0.5), rng.random(5_000))
        present, new = np.full((5_000, 3), [0.5, 0.5, 0.0]), np.full((5_000, 3), [0.5, 0.49, 0.01])
        tried = np.full((5_000, 3), [True, True, False])

        made = compare(logged, new, present, 3, tried=tried)

        assert made.new.cannot_tell is None
        assert made.cannot_tell is not None
        assert made.cannot_tell.code == "no_support"

    def test_no_decision_in_common_is_no_evidence(self) -> None:
        """Every weight is 0: the interval is the whole line."""
        logged = LoggedPolicy(np.zeros(500, dtype=np.int64), np.ones(500), np.ones(500))

        made = evaluate(logged, np.ones(500, dtype=np.int64), 2, predicted=np.full((500, 2), 3.0))

        assert made.cannot_tell is not None
        assert {made.estimates[name].value for name in ("dm", "dr", "switch", "shrunk")} == {3.0}
        assert (made.estimates["snips"].low, made.estimates["snips"].high) == (-np.inf, np.inf)

    def test_one_decision_that_rules_is_no_evidence(self) -> None:
        """150 decisions, one of them with a weight of a thousand."""
        propensities = np.full(150, 0.9)
        propensities[0] = 0.001
        logged = LoggedPolicy(np.zeros(150, dtype=np.int64), propensities, np.ones(150))

        made = evaluate(logged, np.zeros(150, dtype=np.int64), 1, limits=EvidenceThresholds(min_effective=0.0))

        assert made.cannot_tell is not None
        assert made.cannot_tell.code == "one_decision_rules"

    def test_few_customers_are_no_evidence(self) -> None:
        """Ten thousand decisions about fifty customers are fifty."""
        rng = np.random.default_rng(1)
        logged = LoggedPolicy(rng.integers(0, 2, 10_000), np.full(10_000, 0.5), rng.random(10_000), clusters=np.arange(10_000) % 50)

        made = evaluate(logged, np.full((10_000, 2), 0.5), 2)

        assert made.cannot_tell is not None
        assert made.cannot_tell.code == "too_few_customers"


class TestBadInput:
    @pytest.mark.parametrize(
        ("column", "broken", "said"),
        [
            ("propensities", [0.5, 0.5, 0.0, 0.25], "row 2 holds 0.0"),
            ("propensities", [0.5, 1.5, 0.5, 0.25], "row 1 holds 1.5"),
            ("propensities", [0.5, np.nan, 0.5, 0.25], "row 1 holds nan"),
            ("rewards", [1.0, 0.0, np.inf, 4.0], "row 2 holds inf"),
            ("rewards", [1.0], "differ in length"),
        ],
    )
    def test_what_cannot_be_is_refused_by_column_and_row(self, column: str, broken: list[float], said: str) -> None:
        """A chance of zero was logged wrongly: whatever it weighs would be a lie."""
        with pytest.raises(BadInput, match=said):
            four(**{column: np.array(broken)})

    @pytest.mark.parametrize("target", [np.full((4, 2), 0.4), np.full((4, 2), [1.5, -0.5]), np.full((4, 3), 1 / 3), np.array([0, 1, 2, 0])])
    def test_a_target_that_is_no_policy_is_refused(self, target: Floats | Ints) -> None:
        """Chances that do not add up, below zero, of too many actions, or of an action that is not there."""
        with pytest.raises(BadInput):
            evaluate(four(), target, 2)
