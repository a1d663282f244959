"""Who has enquired may be about to leave, and a contact that keeps them is worth what would be lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decisions.candidates.retention import ChurnSignalCount, leaving_share
from decisions.compiler.compile_policy import compile_policy
from decisions.policy.policy import Policy
from otokui.errors import BadInput
from tests.unit.decisions.builders import channel, evidence, message, people, policy, settings

STAKE = 6_000.0 * 0.3 / 0.2
"""Of those who come again at all, which is one in five."""
ASKED = {"days_since_enquiry": 3.0, "enquiry_decay_30": 1.0}


def _care(under: Policy, **facts: Any) -> float:
    return float(people(under, **facts).compare()[0].value["care_value"] or 0.0)


def saving(rate: float = 0.04, **limits: Any) -> Policy:
    """Return a policy of one message that keeps a share of those about to leave."""
    return policy([message(prior_uplift=0.0, prior_save_rate=rate)], **limits)


def test_who_enquired_is_worth_keeping() -> None:
    """One in five is about to leave, of whom 4% are kept, of the margin of those who come again."""
    assert _care(saving(), **ASKED) == pytest.approx(0.2 * 0.04 * STAKE)
    assert _care(saving()) == 0.0


def test_an_enquiry_of_last_month_is_no_omen() -> None:
    """Whoever was about to leave has left; a shop may look back further."""
    old = {"days_since_enquiry": 20.0, "enquiry_decay_30": 0.5}

    assert _care(saving(), **old) == 0.0
    assert _care(saving(omen_days=21), **old) > 0.0


def test_who_enquires_again_and_again_is_likelier_to_leave() -> None:
    """Two enquiries are two chances, 36%; never a certainty."""
    twice, often = (_care(saving(), days_since_enquiry=1.0, enquiry_decay_30=count) for count in (2.0, 500.0))

    assert twice == pytest.approx(0.36 * 0.04 * STAKE)
    assert often == pytest.approx(0.04 * STAKE)


def test_a_channel_that_speaks_louder_keeps_more_up_to_half() -> None:
    """Four times the e-mail's 4%; of 40%, half and no more."""
    calls = [channel("call", response_factor=4.0)]
    said = [message(channels=["call"], prior_uplift=0.0, prior_save_rate=rate) for rate in (0.04, 0.4)]

    assert [_care(policy([one], calls), **ASKED) for one in said] == pytest.approx([0.2 * 0.16 * STAKE, 0.2 * 0.5 * STAKE])


def test_what_is_shown_is_what_was_chosen_by_alone_and_in_company() -> None:
    """The value in the grid is the sum of the parts, for each of three customers of whom one enquired."""
    under = saving()
    crowd = people(
        under, ids=("ada", "bob", "eve"), enquiry_decay_30=np.array([np.nan, 1.0, 0.4]), days_since_enquiry=np.array([np.nan, 2.0, 99.0])
    )
    alone = people(under, **{**ASKED, "days_since_enquiry": 2.0})

    worth = [crowd.compare(row)[0].value["expected_value"] for row in range(3)]

    assert worth[0] == worth[2] == 0.0
    assert worth[1] == alone.compare()[0].value["expected_value"] == pytest.approx(0.2 * 0.04 * STAKE)


def test_over_a_dear_channel_half_of_it_is_sure() -> None:
    """72 yen are expected: a contact of 35 is surely paid, one of 37 is not."""
    said = message(prior_uplift=0.0, prior_strength=1e12, prior_save_rate=0.04)
    kinds = [policy([said], [channel(cost=cost)], sure_from_cost=5.0) for cost in (35.0, 37.0)]

    assert [people(under, **ASKED).row()["status"] for under in kinds] == ["contact", "no_contact"]


def test_the_shops_own_records_move_the_share() -> None:
    """Ten purchases that came as expected, ten of which none came, and a hundred of which half came."""
    seen = [
        ChurnSignalCount(),
        ChurnSignalCount(10.0, 10.0),
        ChurnSignalCount(0.0, 10.0),
        ChurnSignalCount(50.0, 100.0),
        ChurnSignalCount(30.0, 10.0),
    ]

    assert [leaving_share(0.2, count) for count in seen] == pytest.approx([0.2, 0.1, 0.6, 1 - 58 / 110, 0.0])


def test_a_policy_that_saw_other_leavers_is_another() -> None:
    """Its digest and its decisions."""
    learnt = compile_policy(
        settings([message(prior_uplift=0.0, prior_save_rate=0.04)]), evidence(churn_signals=ChurnSignalCount(0.0, 10.0))
    )

    assert learnt.digest != saving().digest
    assert _care(learnt, **ASKED) == pytest.approx(0.6 * 0.04 * STAKE)


def test_counts_that_cannot_be_are_refused() -> None:
    """Less than no purchase, or no number."""
    for made in (-1.0, float("nan")):
        with pytest.raises(BadInput, match="after enquiries do not add up"):
            ChurnSignalCount(made, 1.0)
