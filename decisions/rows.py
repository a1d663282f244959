"""A decision as the send engine reads it: JSON names of the HTTP contract, times with offset, null for NaN."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from decisions.constraints import CONSTRAINTS
from decisions.frame import GROUPS, STATUSES
from decisions.refusals import LAPSING
from decisions.wording import render
from otokui.domain import DAY, State, Status, show_instant

if TYPE_CHECKING:
    from decisions.frame import Decisions

_LONGEST_DAYS = 36_500.0  # a date further off than a century is no date


def row(decisions: Decisions, index: int) -> dict[str, Any]:
    """Return decision ``index``. Only where ``status`` is contact do message, timing and channel stand."""
    policy, status = decisions.policy, STATUSES[decisions.status[index]]
    plan = _plan(decisions, index)
    sent = status is Status.CONTACT
    return {
        "decision_id": decisions.decision_ids[index],
        "customer_id": decisions.customer_ids[index],
        "status": str(status),
        "as_of": show_instant(decisions.as_of, policy.timezone),
        "valid_until": show_instant(decisions.valid_until[index], policy.timezone),
        "known": bool(decisions.predictions.known[index]),
        "target": _target(decisions, index),
        "message": plan["message"] if plan and sent else None,
        "timing": plan["timing"] if plan and sent else None,
        "channel": plan["channel"] if plan and sent else None,
        "value": plan["value"] if plan and sent else None,
        "considered": plan if plan and not sent else None,
        "action_probability": float(decisions.propensity[index]),
        "explored": bool(decisions.explored[index]),
        "group": str(GROUPS[decisions.group[index]]),
        "reasons": reasons(decisions, index),
        "suppressions": suppressions(decisions, index),
        "versions": {"policy": policy.digest, "features": policy.features, "models": dict(decisions.predictions.models)},
    }


def reasons(decisions: Decisions, index: int) -> list[dict[str, str]]:
    """Return why, the most important first, in English and in Japanese; never empty."""
    known = decisions.policy.reasons
    said = []
    for slot, code in enumerate(decisions.reason_codes[index]):
        if code >= 0:
            a, b = decisions.reason_numbers[index, slot]
            text, text_ja = render(known.wordings[code], (float(a), float(b)))
            said.append({"code": known.codes[code], "text": text, "text_ja": text_ja})
    return said


def suppressions(decisions: Decisions, index: int) -> list[dict[str, str | None]]:
    """Return the rules that refused the contact considered, and until when at the latest."""
    refused = int(decisions.refused[index])
    out: list[dict[str, str | None]] = []
    for bit, constraint in enumerate(CONSTRAINTS):
        if refused >> bit & 1:
            until = decisions.lapses[index, LAPSING.index(constraint.name)] if constraint.name in LAPSING else math.nan
            at = show_instant(int(until), decisions.policy.timezone) if math.isfinite(until) else None
            out.append({"code": constraint.name, "until": at, "text": constraint.text, "text_ja": constraint.text_ja})
    return out


def _target(decisions: Decisions, index: int) -> dict[str, Any]:
    predictions, policy = decisions.predictions, decisions.policy
    horizon = predictions.at(policy.limits.value_horizon_days)
    chances = {f"p_{days}d": number(predictions.p_purchase[index, i]) for i, days in enumerate(predictions.horizons_days)}
    dates = {f"{name}_date": _date(decisions, getattr(predictions, f"days_to_next_{name}")[index]) for name in ("median", "p10", "p90")}
    state = int(predictions.state[index])
    return {
        "next_purchase": chances | dates,
        "churn_probability": number(predictions.churn_probability[index]),
        "future_loyal_probability": number(predictions.future_loyal_probability[index]),
        "expected_spend": number(predictions.expected_spend[index, horizon]),
        "expected_spend_days": predictions.horizons_days[horizon],
        "state": str(tuple(State)[state]) if 0 <= state < len(State) else None,
    }


def _plan(decisions: Decisions, index: int) -> dict[str, Any] | None:
    """Return what is, or would have been, or was not to be sent; None where nothing was considered."""
    considered = int(decisions.considered[index])
    if considered < 0:
        return None
    policy, zone, value = decisions.policy, decisions.policy.timezone, decisions.value
    message = policy.offered[policy.candidates.message[considered]]
    timed = decisions.send_at[index] >= 0
    incentive = float(policy.terms.incentive[considered])
    return {
        "message": {
            "message_id": message.message_id,
            "scenario": message.scenario,
            "objective": message.objective,
            "content": message.content or None,
            "products": [],
            "incentive": {"cost_per_response": incentive} if incentive > 0.0 else None,
        },
        "timing": {
            "send_at": show_instant(decisions.send_at[index], zone),
            "not_before": show_instant(decisions.not_before[index], zone),
            "not_after": show_instant(decisions.not_after[index], zone),
            "timezone": zone,
        }
        if timed
        else None,
        "channel": {
            "name": policy.channels.names[policy.candidates.channel[considered]],
            "fallbacks": [policy.channels.names[c] for c in decisions.fallbacks[index] if c >= 0],
        },
        "value": {
            name: number(getattr(value, name)[index])
            for name in ("p_purchase", "uplift", "uplift_low", "uplift_high", "margin", "cost", "care_value", "expected_value")
        },
    }


def _date(decisions: Decisions, days: float) -> str | None:
    if not 0.0 <= days <= _LONGEST_DAYS:
        return None
    return show_instant(decisions.as_of + int(days * DAY), decisions.policy.timezone)[:10]


def number(value: float) -> float | None:
    """Return the number, or None (JSON null) where it is not finite."""
    return float(value) if math.isfinite(value) else None
