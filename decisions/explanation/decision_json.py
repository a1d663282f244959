"""JSON of a decision: names of the HTTP contract, times with offset, null for NaN."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from decisions.constraints.constraints import CONSTRAINTS
from decisions.constraints.refusals import LAPSING
from decisions.decision_table import GROUPS, STATUSES, Decisions
from decisions.policy.policy import Policy
from decisions.wording.phrases import render
from otokui.domain import DAY, CustomerState, Status, show_instant
from otokui.frames import Floats, Ints

_STATES: Final = tuple(str(state) for state in CustomerState)
_VALUE: Final = ("p_purchase", "uplift", "uplift_low", "uplift_high", "margin", "cost", "care_value", "expected_value")
_LONGEST_DAYS = 36_500.0  # a date more than a century ahead is shown as none


def rows(decisions: Decisions, indexes: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Return some decisions (by default all) for JSON, in that order.

    Only a ``status`` of contact has message, timing and channel. Columns become lists once: reading a thousand rows number by number out
    of arrays takes twice as long.
    """
    at = np.arange(len(decisions)) if indexes is None else np.asarray(indexes, dtype=np.int64)
    policy, predictions = decisions.policy, decisions.predictions
    status = [STATUSES[code] for code in decisions.status[at].tolist()]
    as_of = show_instant(decisions.as_of, policy.timezone)
    versions = {"policy": policy.digest, "features": policy.features, "models": dict(predictions.models)}
    columns = zip(
        at.tolist(),
        decisions.decision_ids[at].tolist(),
        decisions.customer_ids[at].tolist(),
        status,
        decisions.valid_until[at].tolist(),
        predictions.known[at].tolist(),
        _targets(decisions, at),
        _plans(decisions, at),
        decisions.propensity[at].tolist(),
        decisions.explored[at].tolist(),
        decisions.group[at].tolist(),
        strict=True,
    )
    return [
        {
            "decision_id": decision_id,
            "customer_id": customer_id,
            "status": str(what),
            "as_of": as_of,
            "valid_until": show_instant(valid_until, policy.timezone),
            "known": known,
            "target": target,
            "message": plan["message"] if plan and what is Status.CONTACT else None,
            "timing": plan["timing"] if plan and what is Status.CONTACT else None,
            "channel": plan["channel"] if plan and what is Status.CONTACT else None,
            "value": plan["value"] if plan and what is Status.CONTACT else None,
            "considered": plan if plan and what is not Status.CONTACT else None,
            "action_probability": propensity,
            "explored": explored,
            "group": str(GROUPS[group]),
            "reasons": reasons(decisions, index),
            "suppressions": suppressions(decisions, index),
            "versions": versions,
        }
        for index, decision_id, customer_id, what, valid_until, known, target, plan, propensity, explored, group in columns
    ]


def reasons(decisions: Decisions, index: int) -> list[dict[str, str]]:
    """Return the reasons of a decision in English and Japanese, never empty.

    The most important comes first.
    """
    table = decisions.policy.reasons
    out = []
    for code, (a, b) in zip(decisions.reason_codes[index].tolist(), decisions.reason_numbers[index].tolist(), strict=True):
        if code >= 0:
            text, text_ja = render(table.wordings[code], (a, b))
            out.append({"code": table.codes[code], "text": text, "text_ja": text_ja})
    return out


def suppressions(decisions: Decisions, index: int) -> list[dict[str, str | None]]:
    """Return the constraints that refused the contact considered, with their latest end."""
    refused = int(decisions.refused[index])
    out: list[dict[str, str | None]] = []
    if not refused:
        return out
    for bit, constraint in enumerate(CONSTRAINTS):
        if refused >> bit & 1:
            until = decisions.lapses[index, LAPSING.index(constraint.name)] if constraint.name in LAPSING else math.nan
            at = show_instant(int(until), decisions.policy.timezone) if math.isfinite(until) else None
            out.append({"code": constraint.name, "until": at, "text": constraint.text, "text_ja": constraint.text_ja})
    return out


def _targets(decisions: Decisions, at: Ints) -> Iterator[dict[str, Any]]:
    predictions, zone = decisions.predictions, decisions.policy.timezone
    horizon = predictions.at(decisions.policy.value.horizon_days)
    days = predictions.horizons_days[horizon]
    names = [f"p_{days}d" for days in predictions.horizons_days]
    quantiles = {f"{q}_date": getattr(predictions, f"days_to_next_{q}")[at].tolist() for q in ("median", "p10", "p90")}
    columns = zip(
        plain(predictions.p_purchase[at]),
        zip(*quantiles.values(), strict=True),
        plain(predictions.churn_probability[at]),
        plain(predictions.future_loyal_probability[at]),
        plain(predictions.expected_spend[at, horizon]),
        predictions.state[at].tolist(),
        strict=True,
    )
    for chances, ahead, churn, loyal, spend, state in columns:
        dates = {name: _date(decisions.as_of, days, zone) for name, days in zip(quantiles, ahead, strict=True)}
        yield {
            "next_purchase": dict(zip(names, chances, strict=True)) | dates,
            "churn_probability": churn,
            "future_loyal_probability": loyal,
            "expected_spend": spend,
            "expected_spend_days": days,
            "state": _STATES[state] if 0 <= state < len(_STATES) else None,
        }


def _plans(decisions: Decisions, at: Ints) -> Iterator[dict[str, Any] | None]:
    """Yield the planned, withheld or refused contact of each decision; None if none was considered."""
    policy, zone = decisions.policy, decisions.policy.timezone
    messages: dict[int, dict[str, Any]] = {}
    parts_of = {name: getattr(decisions.value, name)[at] for name in _VALUE} | {"price": decisions.price[at], "spend": decisions.spend[at]}
    value = plain(np.stack(list(parts_of.values()), axis=1))
    times = np.stack([decisions.send_at[at], decisions.not_before[at], decisions.not_after[at]], axis=1).tolist()
    shown = [list(decisions.products[i]) for i in at.tolist()] if decisions.products else [[] for _ in at]
    columns = zip(decisions.considered[at].tolist(), times, decisions.fallbacks[at].tolist(), value, shown, strict=True)
    for considered, (send_at, not_before, not_after), fallbacks, parts, products in columns:
        if considered < 0:
            yield None
            continue
        if considered not in messages:
            messages[considered] = _message(policy, considered)
        yield {
            "message": messages[considered] | {"products": products},
            "timing": {
                "send_at": show_instant(send_at, zone),
                "not_before": show_instant(not_before, zone),
                "not_after": show_instant(not_after, zone),
                "timezone": zone,
            }
            if send_at >= 0
            else None,
            "channel": {
                "name": policy.channels.names[policy.candidates.channel[considered]],
                "fallbacks": [policy.channels.names[c] for c in fallbacks if c >= 0],
            },
            "value": dict(zip(parts_of, parts, strict=True)),
        }


def _message(policy: Policy, considered: int) -> dict[str, Any]:
    message = policy.offered[policy.candidates.message[considered]]
    incentive = float(policy.value.terms.incentive[considered])
    return {
        "message_id": message.message_id,
        "scenario": message.scenario,
        "objective": message.objective,
        "content": message.content or None,
        "products": [],
        "incentive": {"cost_per_response": incentive} if incentive > 0.0 else None,
    }


def _date(as_of: int, days: float, zone: str) -> str | None:
    return show_instant(as_of + int(days * DAY), zone)[:10] if 0.0 <= days <= _LONGEST_DAYS else None


def plain(values: Floats) -> list[Any]:
    """Return numbers as lists, None (JSON null) for non-finite ones."""
    finite = np.isfinite(values)
    out: Any = values
    if not finite.all():
        out = values.astype(object)
        out[~finite] = None
    listed: list[Any] = out.tolist()
    return listed


def number(value: float) -> float | None:
    """Return a number, or None (JSON null) if it is not finite."""
    return float(value) if math.isfinite(value) else None
