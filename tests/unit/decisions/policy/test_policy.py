"""The policy: what is checked when it is compiled, what its digest covers, and what may be left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decisions.candidates.channel_engagement import ReadCount
from decisions.candidates.retention import ChurnSignalCount
from decisions.candidates.uplift_prior import ResponseCount
from decisions.compiler.compile_policy import compile_policy
from otokui.errors import BadInput, BadSettings
from scoring.base_models.purchase_times import DirichletMixture
from tests.unit.decisions.builders import channel, evidence, message, people, policy, settings


def _eligible(*conditions: dict[str, Any], **facts: Any) -> bool:
    under = policy([message(eligible=list(conditions))])
    found = people(under, **facts)
    return bool(under.eligibility.permits(found.vectors, found.predictions)[0, 0])


class TestEligibility:
    """For whom a message is meant."""

    def test_a_condition_on_a_feature(self) -> None:
        """35 days since the last purchase lie between 30 and 40, bounds included."""
        assert _eligible({"column": "recency_days", "at_least": 35, "at_most": 40})
        assert not _eligible({"column": "recency_days", "at_least": 36})

    def test_a_condition_on_a_prediction(self) -> None:
        """A tenth likely to leave; a fifth likely to buy within 30 days."""
        assert _eligible({"column": "churn_probability", "at_most": 0.1}, {"column": "p_purchase_30d", "at_least": 0.2})
        assert not _eligible({"column": "churn_probability", "at_least": 0.5})

    @pytest.mark.parametrize("bound", [{"at_least": -1e300}, {"at_most": 1e300}])
    def test_what_is_not_known_meets_no_condition(self, bound: dict[str, float]) -> None:
        """However wide the bounds."""
        assert not _eligible({"column": "recency_days"} | bound, recency_days=float("nan"))

    def test_all_conditions_must_hold(self) -> None:
        """One of two is not enough."""
        assert not _eligible({"column": "purchase_count", "at_least": 1}, {"column": "recency_days", "at_most": 1})

    @pytest.mark.parametrize(("state", "meant"), [("dormant", True), ("active", False), (-1, False), (99, False)])
    def test_states(self, state: Any, meant: bool) -> None:
        """A state that does not exist is meant by no message."""
        under = policy([message(states=["dormant"])])
        found = people(under, state=state)

        assert bool(under.eligibility.permits(found.vectors, found.predictions)[0, 0]) is meant

    def test_an_unknown_state_is_not_any_state(self) -> None:
        """Even a message for everybody is not for a state that cannot be."""
        under = policy()
        found = people(under, state=-1)

        assert not under.eligibility.permits(found.vectors, found.predictions).any()

    def test_a_column_that_does_not_exist_is_refused_with_the_nearest_names(self) -> None:
        """The message is named, and what was probably meant."""
        with pytest.raises(BadSettings, match=r"'hello'.*'recency_dayz'.*did you mean recency_days") as caught:
            policy([message(eligible=[{"column": "recency_dayz", "at_least": 1}])])

        assert "docs/reference/features.md" in caught.value.fix

    def test_a_horizon_that_is_not_predicted_is_refused(self) -> None:
        """There is no p_purchase_31d."""
        with pytest.raises(BadSettings, match="p_purchase_31d"):
            policy([message(eligible=[{"column": "p_purchase_31d", "at_least": 0.1}])])

    def test_a_leaning_on_what_is_not_there_is_refused(self) -> None:
        """As a condition is."""
        with pytest.raises(BadSettings, match="'discount_shares'.*did you mean discount_share"):
            policy([message(leanings=[{"column": "discount_shares", "low": 0, "high": 1, "at_low": 1, "at_high": 2}])])


class TestDigest:
    """The same digest, the same policy."""

    def test_the_same_settings_give_the_same_digest(self) -> None:
        """Compiled twice."""
        assert policy().digest == policy().digest

    @pytest.mark.parametrize(
        "other",
        [
            lambda: policy(holdout_share=0.1),
            lambda: policy([message(priority=51)]),
            lambda: policy(delivery_tracked=False),
            lambda: compile_policy(settings(), evidence(counts=[ResponseCount("hello", "email", 9, 1, 9, 1)])),
            lambda: compile_policy(settings(), evidence(reads=[ReadCount("email", (9.0,) * 168, (1.0,) * 168)])),
            lambda: compile_policy(settings(), evidence(second_purchase=100.0)),
            lambda: compile_policy(settings(), evidence(active_hours=DirichletMixture(weights=(1.0,), alphas=((1.0,) * 8,)))),
            lambda: compile_policy(settings(), evidence(churn_signals=ChurnSignalCount(1.0, 2.0))),
            lambda: policy([message(leanings=[{"column": "discount_share", "low": 0, "high": 1, "at_low": 1, "at_high": 2}])]),
            lambda: policy().offering(channels=["email"]),
        ],
    )
    def test_whatever_may_change_a_decision_changes_it(self, other: Any) -> None:
        """A setting, a message, the data's shape, what was learnt, what was asked for."""
        assert other().digest != policy().digest

    def test_prior_hours_are_24_weights(self) -> None:
        """Twelve are refused."""
        with pytest.raises(BadSettings, match="'email': prior_hours holds 12"):
            policy(None, [channel(prior_hours=[1.0] * 12)])


class TestOffering:
    """A request may narrow what is offered."""

    def test_only_the_channels_asked_for(self) -> None:
        """The better SMS is not asked for."""
        under = policy([message(channels=["email", "sms"])], [channel("email"), channel("sms", response_factor=2.0)])

        assert people(under.offering(channels=["email"])).row()["channel"] == {"name": "email", "fallbacks": []}

    def test_only_the_scenarios_asked_for(self) -> None:
        """The other scenario's message is worth more and stays out; what was learnt stays in."""
        under = policy([message("a", prior_uplift=0.05), message("b", incentive_cost=1.0)])

        row = people(under.offering(scenarios=["b"])).row()

        assert row["message"]["message_id"] == "b"
        assert row["value"]["uplift"] == pytest.approx(0.008)  # of the 80% who would not buy anyway
        assert row["message"]["incentive"] == {"cost_per_response": 1.0}

    def test_an_unknown_name_is_refused(self) -> None:
        """With the names that there are."""
        with pytest.raises(BadInput, match=r"carrier_pigeon.*email"):
            policy().offering(channels=["carrier_pigeon"])


class TestResponses:
    """Stated priors, moved by contacts against control."""

    def _uplift(self, *counts: ResponseCount) -> tuple[float, float, float]:
        learnt = compile_policy(settings([message(prior_uplift=0.01)]), evidence(counts=counts)).value.terms.uplift
        return float(learnt.mean[0]), float(learnt.low[0]), float(learnt.high[0])

    def test_the_prior_stands_where_nothing_was_counted(self) -> None:
        """One in a hundred, with an interval as wide as five hundred contacts leave it."""
        assert self._uplift() == pytest.approx((0.01, -0.00249, 0.02249), abs=1e-5)

    def test_conversions_without_control_teach_nothing(self) -> None:
        """Half of those contacted bought: perhaps they would have anyway."""
        assert self._uplift(ResponseCount("hello", "email", 10_000, 5_000, 0, 0)) == self._uplift()

    def test_much_data_decides(self) -> None:
        """Eight per cent against five, a hundred thousand each: three points, of the 95% who would not have bought."""
        mean, low, high = self._uplift(ResponseCount("hello", "email", 100_000, 8_000, 100_000, 5_000))

        assert mean == pytest.approx(0.03 / 0.95, abs=0.001)
        assert 0.029 < low < mean < high < 0.034

    def test_a_few_contacts_change_little(self) -> None:
        """One of two against none of two."""
        assert self._uplift(ResponseCount("hello", "email", 2, 1, 2, 0))[0] == pytest.approx(0.01, abs=0.001)

    def test_other_scenarios_and_channels_are_left_alone(self) -> None:
        """Neither exists here."""
        assert self._uplift(ResponseCount("other", "email", 9, 1, 9, 0), ResponseCount("hello", "fax", 9, 1, 9, 0)) == self._uplift()

    def test_counts_that_do_not_add_up_are_refused(self) -> None:
        """More conversions than contacts."""
        with pytest.raises(BadInput, match="do not add up"):
            ResponseCount("hello", "email", 1, 2, 0, 0)

    def test_response_factor_scales_the_prior(self) -> None:
        """Half as much again over LINE."""
        under = policy([message(channels=["line"], prior_uplift=0.01)], [channel("line", response_factor=1.5)])

        assert under.value.terms.uplift.mean.tolist() == pytest.approx([0.015])
        assert np.all(under.value.terms.uplift.low < under.value.terms.uplift.mean)
