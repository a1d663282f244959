"""Candidate comparison: the value and the refusals of all candidates of one customer.

It is computed on request, from the same context and rules as the decision; stored with every decision, it would be fifty rows for each
row that matters.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from decisions.candidates.eligibility import columns_of
from decisions.constraints.constraints import CONSTRAINTS
from decisions.constraints.facts import constraint_context
from decisions.constraints.refusals import Refusals, refusals
from decisions.customer_batch import CustomerBatch
from decisions.explanation.decision_json import number
from decisions.policy.control_groups import ComparisonGroups
from decisions.policy.policy import Policy
from decisions.selection.choose import Choice, Draws, chances_of, choose
from decisions.selection.decision_id import models_digest, name_decisions
from decisions.value.expected_value import ValueInputs, ValueParts, parts
from decisions.wording.unmet_conditions import Unmet, unmet_of
from otokui.domain import CustomerState
from otokui.frames import Batch, Floats, Predictions


@dataclass(frozen=True, slots=True)
class CandidateComparison:
    """Comparison row of one candidate of one customer.

    refused_by: names of constraints; unmet: the conditions for which the message is not meant for the customer; value: the parts in money
    and chances; propensity: the chance of being chosen, 0 where not permitted.
    """

    message_id: str
    scenario: str
    channel: str
    chosen: bool
    eligible: bool
    unmet: tuple[Unmet, ...]
    refused_by: tuple[str, ...]
    propensity: float
    value: dict[str, float | None]
    price: float  # shadow price charge in money
    later: float  # wear-out cost in money

    def to_dict(self) -> dict[str, Any]:
        """Return the candidate for JSON, with unmet conditions as sentences in English and Japanese."""
        sentences = {"unmet": [each.text for each in self.unmet], "unmet_ja": [each.text_ja for each in self.unmet]}
        return {field.name: getattr(self, field.name) for field in fields(self)} | sentences


@np.errstate(all="ignore")
def candidates_of(batch: CustomerBatch, policy: Policy) -> list[CandidateComparison]:
    """Return all candidates of the first customer, the chosen one first.

    The others follow by eligibility and value. The control groups play no part, for they do not choose.
    """
    batch = batch.rows(slice(0, 1))
    context, inputs = constraint_context(batch, policy)
    refused = refusals(context)
    _, draws = name_decisions(batch, policy.digest, models_digest(batch.predictions.models))
    choice = choose(policy, context, refused, inputs, Draws(draws, ComparisonGroups.draw(batch.customer_ids, policy.holdout)))
    chance = _chances(policy, choice, context.value, inputs)
    every = np.arange(len(policy.candidates))
    value = parts(inputs, policy.value, np.zeros(len(every), dtype=np.int64), every)
    unmet = _unmet(policy, batch.vectors, batch.predictions)
    rows = []
    for index in every:
        message, channel = int(policy.candidates.message[index]), int(policy.candidates.channel[index])
        rows.append(
            CandidateComparison(
                message_id=policy.messages.ids[message],
                scenario=policy.offered[message].scenario,
                channel=policy.channels.names[channel],
                chosen=bool(choice.acceptable[0] and choice.considered[0] == index),
                eligible=bool(context.eligible[0, message]),
                unmet=unmet[message],
                refused_by=_refused_by(refused, message, channel, int(index)),
                propensity=float(chance[index]),
                value={part.name: number(getattr(value, part.name)[index]) for part in fields(ValueParts)},
                price=0.0 if context.price is None else float(context.price[0, index]),
                later=float(context.wear_out_cost[0, 0]),
            )
        )
    return sorted(rows, key=lambda r: (not r.chosen, not r.eligible, -(r.value["expected_value"] or -np.inf)))


def _chances(policy: Policy, choice: Choice, value: Floats, inputs: ValueInputs) -> Floats:
    if not choice.acceptable[0]:
        return np.zeros(len(policy.candidates))
    of_each: Floats = chances_of(policy, choice.open, value, inputs, choice.groups)[0]
    return of_each


def _refused_by(refused: Refusals, message: int, channel: int, index: int) -> tuple[str, ...]:
    bits = int(refused.of_customer[0, 0] | refused.of_channel[0, channel] | refused.of_message[0, message])
    names = [c.name for bit, c in enumerate(CONSTRAINTS) if bits >> bit & 1]
    return tuple(names if refused.worth[0, index] else [*names, "not_worth_it"])


def _unmet(policy: Policy, vectors: Batch, predictions: Predictions) -> list[tuple[Unmet, ...]]:
    """Return the unmet conditions of each message."""
    state = int(predictions.state[0])
    now = str(tuple(CustomerState)[state]) if 0 <= state < len(CustomerState) else "unknown"
    columns = policy.eligibility.columns
    values = dict(zip(columns, columns_of(vectors, predictions, columns)[:, 0].tolist(), strict=True))
    return [unmet_of(message, now, values) for message in policy.offered]
