"""From logged decisions to a verdict: the chance of what was done, what came of it in money, and the rule of the gate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from adapters.shop_files.settings_history import SettingsHistory
from otokui.domain import DAY
from otokui.errors import Conflict
from otokui.frames import Floats
from otokui.settings.contacts.policy_gate import PolicyGate
from otokui.settings.settings import load
from pipelines.measurement.policy_evaluation.logged_decisions import ReplayedPolicies
from pipelines.measurement.policy_evaluation.policy_gate import GateOutcome, judge
from pipelines.measurement.policy_evaluation.reward import rewards, spending

CUSTOMERS = 3_000


def replayed(
    actions: Sequence[int] | Floats,
    *,
    held: Sequence[bool] | None = None,
    acceptable: Sequence[bool] | None = None,
    chance: float = 1.0,
    new: Floats | None = None,
    present: Floats | None = None,
    names: Sequence[tuple[str, str]] = (("loyal_thanks", "email"), ("winback_at_risk", "line")),
) -> ReplayedPolicies:
    """Decisions of as many customers at one instant, both policies silent unless said otherwise."""
    count = len(actions)
    silent = np.eye(len(names) + 1)[np.zeros(count, dtype=np.int64)]
    return ReplayedPolicies(
        customer_ids=[f"c{i}" for i in range(count)],
        as_of=np.full(count, 1_000 * DAY, dtype=np.int64),
        actions=np.array(actions, dtype=np.int64),
        chance=np.full(count, chance),
        held=np.array(held if held is not None else [False] * count),
        open=np.array(acceptable if acceptable is not None else [action > 0 for action in actions]),
        new=silent if new is None else new,
        present=silent if present is None else present,
        features=np.random.default_rng(1).normal(size=(count, 2)),
        names=list(names),
        passed_over={},
    )


def tried(gain: float, *, share_new: float = 1.0) -> tuple[ReplayedPolicies, Floats]:
    """Half got the first contact, half the second, by a coin; the second earns ``gain`` more; the new policy prefers it."""
    rng = np.random.default_rng(7)
    actions = rng.integers(1, 3, CUSTOMERS)
    even, second = np.full((CUSTOMERS, 3), [0.0, 0.5, 0.5]), np.full((CUSTOMERS, 3), [0.0, 1.0 - share_new, share_new])
    earned = rng.normal(100.0, 20.0, CUSTOMERS) + gain * (actions == 2)
    return replayed(actions, chance=0.5, new=second, present=even), earned


class TestPropensities:
    def test_the_control_group_is_a_chance_of_silence(self) -> None:
        """Four of ten who could have been contacted were held back: silence had .4, the contact .6 of its own chance."""
        log = replayed([1] * 6 + [0] * 4, held=[False] * 6 + [True] * 4, acceptable=[True] * 10, chance=0.5)

        assert log.propensities().tolist() == pytest.approx([0.3] * 6 + [0.4] * 4)

    def test_silence_was_certain_where_nothing_was_acceptable(self) -> None:
        """Whatever chance stands in the row, there was no other choice."""
        assert replayed([0, 0], acceptable=[False, False], chance=0.2).propensities().tolist() == [1.0, 1.0]


class TestReward:
    def test_only_what_was_bought_in_time_counts(self) -> None:
        """From the instant of the decision, inclusive, to the end of the window, exclusive."""
        bought = pl.DataFrame(
            {"customer_id": ["a", "a", "a", "b"], "purchased_at": [99, 100, 110, 105], "paid_amount": [1.0, 10.0, 100.0, 1_000.0]}
        )

        spent, count = spending(["a", "b", "a", "c"], np.array([100, 100, 50, 100]), bought, 10)

        assert spent.tolist() == [10.0, 1_000.0, 0.0, 0.0]
        assert count.tolist() == [1.0, 1.0, 0.0, 0.0]

    def test_margin_less_what_the_contact_cost(self) -> None:
        """Margin 30% of 1,000; the postcard's 80 whether they buy or not, the coupon's 500 only if they do."""
        log = replayed([0, 1, 1], names=[("dormant_return", "direct_mail")])
        bought = pl.DataFrame({"customer_id": ["c0", "c1"], "purchased_at": [1_001 * DAY] * 2, "paid_amount": [1_000.0] * 2})

        assert rewards(log, bought, load(), 14.0).tolist() == pytest.approx([300.0, -280.0, -80.0])


class TestJudge:
    def test_a_better_policy_passes(self) -> None:
        """Ten more a contact, five more a decision."""
        verdict = judge(*tried(10.0), PolicyGate())

        assert verdict.outcome is GateOutcome.PASSES
        assert verdict.comparison.difference.low < 5.0 < verdict.comparison.difference.high

    def test_a_worse_policy_is_found_out(self) -> None:
        """Twenty less a contact, far more than a hundredth of what is earned."""
        assert judge(*tried(-20.0), PolicyGate()).outcome is GateOutcome.WORSE

    def test_a_loss_within_what_is_allowed_passes(self) -> None:
        """The same loss, where a fifth may be lost."""
        assert judge(*tried(-20.0), PolicyGate(may_lose_share=0.2)).outcome is GateOutcome.PASSES

    def test_between_the_two_it_cannot_be_told(self) -> None:
        """No difference, and nothing may be lost: the interval reaches to both sides of zero."""
        verdict = judge(*tried(0.0), PolicyGate(may_lose_share=0.0))

        assert verdict.outcome is GateOutcome.CANNOT_TELL
        assert verdict.fix

    def test_the_same_policy_passes_whatever_the_noise(self) -> None:
        """Nothing differs, so nothing is asked of the log."""
        log, earned = tried(0.0, share_new=0.5)

        verdict = judge(log, earned, PolicyGate(may_lose_share=0.0, min_customers=1_000_000))

        assert verdict.outcome is GateOutcome.PASSES
        assert verdict.comparison.difference.value == 0.0

    def test_what_was_never_tried_cannot_be_told(self) -> None:
        """All were left in silence, and the new policy contacts everybody."""
        log = replayed([0] * CUSTOMERS, new=np.full((CUSTOMERS, 3), [0.0, 1.0, 0.0]))

        verdict = judge(log, np.random.default_rng(1).normal(100.0, 20.0, CUSTOMERS), PolicyGate())

        assert verdict.outcome is GateOutcome.CANNOT_TELL
        assert "never tried" in verdict.why

    def test_a_verdict_is_json_throughout(self) -> None:
        """The trail is written as JSON, which has no infinity: what could not be estimated is null."""
        log = replayed([0] * CUSTOMERS, new=np.full((CUSTOMERS, 3), [0.0, 1.0, 0.0]))

        verdict = json.loads(json.dumps(judge(log, np.zeros(CUSTOMERS), PolicyGate()).to_dict(), allow_nan=False))

        assert verdict["outcome"] == "cannot_tell"
        assert verdict["new"]["snips"] == {"value": None, "low": None, "high": None, "interval": "auto"}
        assert (verdict["customers"], verdict["unsupported"], verdict["effective"]) == (3_000, 1.0, 0.0)


class TestFolder:
    def test_settings_that_changed_meanwhile_are_left_alone(self, tmp_path: Path) -> None:
        """What was judged is not what would be replaced."""
        live = tmp_path / "otokui.toml"
        live.write_bytes(b"changed by somebody")

        with pytest.raises(Conflict):
            SettingsHistory(tmp_path / "policies", live).promote(b"new", b"as it was judged", ("a", "b"), {})

        assert live.read_bytes() == b"changed by somebody"
        assert SettingsHistory(tmp_path / "policies", live).history() == []

    def test_both_policies_and_the_reason_are_kept(self, tmp_path: Path) -> None:
        """Going back is promoting the file that was kept."""
        live = tmp_path / "otokui.toml"
        live.write_bytes(b"old")
        folder = SettingsHistory(tmp_path / "policies", live)

        folder.refuse({"reason": "a first try"})
        folder.promote(b"new", b"old", ("aa", "bb"), {"reason": "better"})

        assert live.read_bytes() == b"new"
        assert [(tmp_path / "policies" / f"{name}.toml").read_bytes() for name in ("aa", "bb")] == [b"old", b"new"]
        assert [(each["kind"], each["reason"]) for each in folder.history()] == [("refused", "a first try"), ("promoted", "better")]
