"""Measures against values known from textbooks or worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from otokui.domain import Label
from training.boosting import cutoff_effects
from training.boosting.calibration import calibrate_chance, calibrate_mean
from training.boosting.lightgbm_fit import Examples, usable
from training.metrics import scores
from training.promotion_gate import HeldOut, judge


def arr(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_auc_counts_ordered_pairs_and_halves_ties() -> None:
    """Of four pairs, two ordered, one tied, one wrong: 2.5 / 4."""
    assert scores.auc(arr(0.9, 0.5, 0.5, 0.6), arr(1, 1, 0, 0)) == pytest.approx(0.625)
    assert np.isnan(scores.auc(arr(0.1, 0.2), arr(1, 1)))


def test_the_mean_log_loss_is_that_of_the_rows_the_gate_compares() -> None:
    """-ln 0.8 and -ln 0.5, and of three outcomes -ln 0.7 and -ln 0.1; certainty that was wrong costs ln 1e9."""
    chance, outcome = arr(0.8, 0.5), arr(1, 0)

    assert scores.log_loss(chance, outcome) == pytest.approx(0.4581453659)
    assert scores.log_losses(chance, outcome).mean() == pytest.approx(0.4581453659)
    assert scores.log_loss(np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1]]), np.array([0, 2])) == pytest.approx(1.3296300184)
    assert scores.log_loss(arr(0.0), arr(1)) == pytest.approx(20.7232658369)


def test_squared_and_absolute_errors() -> None:
    """Off by 0.2 and 0.4; off by 3 and by 4."""
    assert scores.brier(arr(0.8, 0.4), arr(1, 0)) == pytest.approx(0.1)
    assert scores.rmse(arr(3.0, 10.0), arr(0, 6)) == pytest.approx(3.5355339059)
    assert scores.mae(arr(3.0, 10.0), arr(0, 6)) == pytest.approx(3.5)


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_forecast_that_is_no_number_has_no_score(broken: float) -> None:
    """NaN, so that the gate refuses such a model by its losses and training goes on; nor has a forecast of nobody."""
    forecast, outcome = arr(0.5, broken), arr(1, 0)

    assert np.isnan([measure(forecast, outcome) for measure in (scores.auc, scores.log_loss, scores.brier)]).all()
    assert np.isnan([measure(forecast, outcome) for measure in (scores.rmse, scores.mae)]).all()
    assert np.isnan([scores.brier(arr(), arr()), scores.log_loss(arr(), arr()), scores.rmse(arr(), arr())]).all()


def test_parts_are_equal_and_ties_keep_their_order() -> None:
    """Seven rows in three parts: three, two and two; of equal forecasts the earlier row comes first."""
    parts = scores.equal_parts(arr(0.5, 0.1, 0.5, 0.9, 0.5, 0.2, 0.5), 3)

    assert [part.tolist() for part in parts] == [[1, 5, 0], [2, 4], [6, 3]]
    assert [len(part) for part in scores.equal_parts(arr(0.5, 0.1), 10)] == [1, 1]


def test_losses_of_one_row() -> None:
    """-ln 0.8; 2 - 3 ln 2; a Tweedie at power 1.5 of amount 4 and mean 4 is 8 / ... = 8."""
    assert scores.log_losses(arr(0.8), arr(1))[0] == pytest.approx(0.2231435513)
    assert scores.poisson_losses(arr(2.0), arr(3))[0] == pytest.approx(-0.0794415417)
    assert scores.tweedie_losses(arr(4.0), arr(4.0), 1.5)[0] == pytest.approx(8.0)


def test_concordance_leaves_out_pairs_whose_order_is_not_known() -> None:
    """Bought on day 1 and 3, not by day 2: pairs (1,2), (1,3) are known; both are forecast right."""
    assert scores.concordance(arr(1, 2, 3), np.array([True, False, True]), arr(5, 6, 7)) == 1.0
    assert scores.concordance(arr(1, 2, 3), np.array([True, False, True]), arr(7, 6, 5)) == 0.0


def test_gini_and_top_share_of_a_perfect_order() -> None:
    """The perfect order has Gini 1; the best tenth of ten customers holds 50 of 100."""
    amount = arr(50, 20, 10, 5, 5, 4, 3, 2, 1, 0)

    assert scores.gini(amount, amount) == pytest.approx(1.0)
    assert scores.top_share(amount, amount) == 0.5
    assert scores.bias(amount * 1.1, amount) == pytest.approx(0.1)


def test_calibration_error_of_a_forecast_that_is_off_by_a_fifth() -> None:
    """Says 0.5 where 0.3 comes true."""
    assert scores.calibration_error(np.full(10, 0.5), arr(1, 1, 1, 0, 0, 0, 0, 0, 0, 0), bins=1) == pytest.approx(0.2)


def test_calibration_finds_the_shift_and_believes_only_its_share() -> None:
    """20,000 customers buy at odds 0.5 above what is said: found whole at trust 1, half of it at trust 0.5."""
    rng = np.random.default_rng(2)
    said = rng.normal(-1, 1, 20_000)
    came = (rng.random(20_000) < 1 / (1 + np.exp(-said - 0.5))).astype(np.float64)
    whole, half = calibrate_chance(said, came), calibrate_chance(said, came, 0.5)

    assert whole.intercept == pytest.approx(0.5, abs=0.06)
    assert whole.slope == pytest.approx(1.0, abs=0.05)
    assert 0.2 < half.apply(arr(-1.0))[0] + 1.0 < 0.3


def test_a_few_customers_change_a_calibration_little() -> None:
    """Ten who all bought do not turn 10% into certainty; nobody buying leaves a mean as it is."""
    assert calibrate_chance(np.full(10, -2.197), np.ones(10)).apply(arr(-2.197))[0] < -1.8
    assert calibrate_mean(arr(0.0, 0.0), arr(0.0, 0.0)).apply(arr(0.7))[0] == 0.7


def test_levels_of_cutoffs_are_told_apart_from_the_offset() -> None:
    """Twice as many purchases at the second cut-off: ln 2 between their effects, less what the prior keeps."""
    offset, cutoffs = np.zeros(4_000), np.repeat([1, 2], 2_000)
    target = np.repeat([1.0, 2.0], 2_000)
    effects = cutoff_effects.shifts(offset, target, cutoffs, 0.0, logistic=False)

    assert effects[-1] - effects[0] == pytest.approx(0.686, abs=0.005)
    assert cutoff_effects.trust(0.1) == pytest.approx(0.5)


def test_levels_that_have_not_seen_a_year_are_taken_to_scatter() -> None:
    """Four equal levels in four months prove no calm; over a year they do."""
    monthly, quarterly = np.arange(4) * 30 * 86_400, np.arange(4) * 120 * 86_400

    assert cutoff_effects.scatter(np.zeros(4), monthly) == 0.15
    assert cutoff_effects.scatter(np.zeros(4), quarterly) == 0.0


def test_columns_that_only_tell_cutoffs_apart_are_not_usable() -> None:
    """The first column differs between customers, the second between cut-offs, the third is unknown throughout."""
    nan = np.nan
    matrix = np.array([[1.0, 5.0, nan], [2.0, 5.0, nan], [1.0, 6.0, nan], [1.0, 6.0, nan]])
    examples = Examples(matrix, np.zeros(4), None, cutoffs=np.array([1, 1, 2, 2]))

    assert usable(examples) == [1.0, 0.0, 0.0]


class TestGate:
    """A challenger against a champion on the same held-out rows."""

    losses = np.random.default_rng(1).gamma(2, 0.2, 2_000)
    groups = np.arange(2_000)

    def verdict(self, challenger: np.ndarray, champion: np.ndarray | None, **metrics: float) -> bool:
        held = HeldOut(champion, self.groups) if champion is not None else None
        return judge(Label.CHURN, HeldOut(challenger, self.groups), metrics, held, seed=1).passed

    def test_worse_beyond_chance_fails(self) -> None:
        """A loss that is 0.01 higher for everybody is no accident."""
        assert not self.verdict(self.losses + 0.01, self.losses)

    def test_worse_within_chance_passes(self) -> None:
        """Noise of mean 0.001 and spread 0.2 is one."""
        noise = np.random.default_rng(2).normal(0, 0.2, 2_000)
        assert self.verdict(self.losses + noise - noise.mean() + 0.001, self.losses)

    def test_better_passes(self) -> None:
        """And so does better."""
        assert self.verdict(self.losses - 0.01, self.losses)

    def test_not_finite_or_not_calibrated_fails_even_without_a_champion(self) -> None:
        """Sanity is asked of the first model too."""
        assert self.verdict(self.losses, None)
        assert not self.verdict(np.append(self.losses[1:], np.nan), None)
        assert not self.verdict(self.losses, None, calibration_error=0.2)
        assert not self.verdict(self.losses, None, bias=-0.7)
