"""Measured results of a period as one value: lifts and funnels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from measurement.results.customer_lift import OUTCOMES, Period
from measurement.results.funnel import FunnelCounts
from measurement.results.lift_interval import (
    MISMATCH_BELOW,
    Contrast,
    FigureVerdict,
    GroupMoments,
    contrast,
    sample_ratio_p_value,
    smallest_effect,
)
from otokui.domain import HELD_BACK, HoldoutGroup

TREATED: Final = str(HoldoutGroup.TREATMENT)
CONTROL: Final = str(HoldoutGroup.CONTROL)
RANDOM: Final = str(HoldoutGroup.RANDOM)
USUAL: Final = str(HoldoutGroup.USUAL)


@dataclass(frozen=True, slots=True)
class Lift:
    """Lift of the treated over the control group in money, orders and buyers, per customer.

    detectable: the smallest difference in money per customer that groups of these sizes would show (power 0.8), None = cannot be said.
    """

    outcomes: Mapping[str, Contrast]
    detectable: float | None
    sample_ratio_p: float

    @property
    def verdict(self) -> FigureVerdict:
        """Verdict on the lift in money."""
        return self.outcomes["money"].verdict

    def to_dict(self) -> dict[str, Any]:
        """Return the lift for JSON, with the money of all treated customers together."""
        money = self.outcomes["money"]
        total = money.times(money.treated)
        return {
            **{name: made.to_dict() for name, made in self.outcomes.items()},
            "total_money": None if total is None else dict(zip(("value", "low", "high"), total, strict=True)),
            "detectable_money": self.detectable,
            "sample_ratio_p": self.sample_ratio_p,
        }


@dataclass(frozen=True, slots=True)
class MeasuredResults:
    """Measured results of one period.

    overall: everybody decided for against the global control group; weeks: the same, week by week; states: the same by customer state at
    the begin; split: money per customer by what earned it (``money_split``); messages, channels, scenarios: first decisions against
    held-back ones; funnels: by (message, channel); unripe: first assignments whose response days are not over; contaminated: customers of
    the control group who were contacted.
    """

    period: Period
    customers: int
    overall: Lift
    weeks: Sequence[Lift] = ()
    states: Mapping[str, Lift] = field(default_factory=dict)
    scenarios: Mapping[str, Lift] = field(default_factory=dict)
    messages: Mapping[str, Lift] = field(default_factory=dict)
    channels: Mapping[str, Lift] = field(default_factory=dict)
    funnels: Mapping[tuple[str, str], FunnelCounts] = field(default_factory=dict)
    split: Mapping[str, Contrast] = field(default_factory=dict)
    unripe: int = 0
    contaminated: int = 0

    @property
    def cost(self) -> float:
        """Cost of all contacts sent in the period."""
        return sum(counts.cost for counts in self.funnels.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the results for JSON; instants in epoch seconds, money in the shop's currency."""
        return {
            "since": int(self.period.since),
            "until": int(self.period.until),
            "customers": self.customers,
            "overall": self.overall.to_dict(),
            "weeks": [made.to_dict() for made in self.weeks],
            "by_state": {name: made.to_dict() for name, made in self.states.items()},
            "by_scenario": {name: made.to_dict() for name, made in self.scenarios.items()},
            "by_message": {name: made.to_dict() for name, made in self.messages.items()},
            "by_channel": {name: made.to_dict() for name, made in self.channels.items()},
            "funnel": [
                {"message_id": message, "channel": channel, **counts.to_dict()} for (message, channel), counts in self.funnels.items()
            ],
            "split": {name: made.to_dict() for name, made in self.split.items()},
            "cost": self.cost,
            "unripe": self.unripe,
            "contaminated": self.contaminated,
        }


def lift_of(groups: Mapping[str, Mapping[str, GroupMoments]], control_share: float | None, minimum: int) -> Lift:
    """Return the lift of the treated over all who were held back.

    groups: moments of every outcome by group; control_share: the share that was drawn as control, None = not checked; minimum: customers
    that each group needs.
    """
    treated, control = groups.get(TREATED, {}), _pooled([made for name, made in groups.items() if name in HELD_BACK])
    in_treatment, in_control = (made["money"].n if made else 0 for made in (treated, control))
    p_value = 1.0 if control_share is None else sample_ratio_p_value(in_treatment, in_control, control_share)
    verdict = FigureVerdict.MISMATCH if p_value < MISMATCH_BELOW else FigureVerdict.OK
    pairs = {name: (treated.get(name, GroupMoments(0)), control.get(name, GroupMoments(0))) for name in OUTCOMES}
    made = {name: contrast(*pair, minimum=minimum, verdict=verdict) for name, pair in pairs.items()}
    return Lift(made, smallest_effect(*pairs["money"]), p_value)


def lifts_by(
    moments: Mapping[tuple[Any, ...], Mapping[str, GroupMoments]], control_share: float | None, minimum: int
) -> Mapping[str, Lift]:
    """Return the lift of each value of one dimension, in alphabetical order.

    moments: by (group, value).
    """
    values = sorted({str(key[1]) for key in moments})
    of_value = {value: {str(key[0]): made for key, made in moments.items() if str(key[1]) == value} for value in values}
    return {value: lift_of(groups, control_share, minimum) for value, groups in of_value.items()}


def money_split(groups: Mapping[str, Mapping[str, GroupMoments]], minimum: int, verdict: FigureVerdict) -> Mapping[str, Contrast]:
    """Return money per customer split by what earned it, for the groups that were drawn.

    messages: contacts at random against none; choosing: contacts by value against contacts at random; beyond_usual: contacts by value
    against the message that everybody got before. verdict: that of the overall lift, passed on where it is a mismatch.
    """
    sides = {"messages": (RANDOM, CONTROL), "choosing": (TREATED, RANDOM), "beyond_usual": (TREATED, USUAL)}
    passed = verdict if verdict is FigureVerdict.MISMATCH else FigureVerdict.OK
    return {
        name: contrast(groups[one]["money"], groups[other]["money"], minimum=minimum, verdict=passed)
        for name, (one, other) in sides.items()
        if one in groups and other in groups
    }


def _pooled(groups: Sequence[Mapping[str, GroupMoments]]) -> Mapping[str, GroupMoments]:
    out: dict[str, GroupMoments] = {}
    for made in groups:
        out = {name: out[name] + made[name] if name in out else made[name] for name in OUTCOMES}
    return out
