"""Reasons of each decision, as codes and numbers: customer, candidate, or refusal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from decisions.candidates.eligibility import columns_of
from decisions.constraints.constraints import NAMES
from decisions.decision_table import GROUP_CODE, Decisions
from decisions.wording.reason_table import PER_MESSAGE, Reasons
from otokui.domain import HoldoutGroup, Status
from otokui.frames import Batch, Floats, Ints, Predictions

REASONS = PER_MESSAGE + 1


def explain(decisions: Decisions, vectors: Batch, later: Floats) -> tuple[npt.NDArray[np.int16], Floats]:
    """Return reason codes (n, R), -1 = none, and their numbers (n, R, 2).

    The first code is never -1. later: (n,) money, the wear-out cost of a contact. For a contact, the reasons about the customer come
    first, then the one about the candidate; otherwise the reason against a contact comes first.
    """
    reasons, considered, expected = decisions.policy.reasons, decisions.considered, decisions.value.expected_value
    contact = decisions.is_status(Status.CONTACT)
    message = np.append(decisions.policy.candidates.message, -1)[considered]
    of_message = np.append(reasons.of_message, np.full((1, PER_MESSAGE), -1), axis=0)[message]
    why = np.where(decisions.explored, reasons.code("explored"), reasons.code("best_value"))
    why = np.where(decisions.group == GROUP_CODE[HoldoutGroup.USUAL], reasons.code("usual"), why)
    why = np.where(contact, why, _why_not(decisions, later))
    first = ~contact | (of_message[:, 0] < 0)
    codes = np.empty((len(decisions), REASONS), dtype=np.int64)
    codes[:, :-1], codes[:, -1] = of_message, why
    codes[first] = np.column_stack([why[first], of_message[first]])
    numbers = _numbers(reasons, vectors, decisions.predictions, codes)
    place = np.where(first, 0, REASONS - 1)
    rows = np.flatnonzero(np.isin(why, [reasons.code(name) for name in ("best_value", "not_worth_it", "wears_out")]))
    numbers[rows, place[rows], 0] = expected[rows]
    numbers[rows, place[rows], 1] = later[rows]
    return codes.astype(np.int16), numbers


def _why_not(decisions: Decisions, later: Floats) -> Ints:
    """Return the reason against a contact: the first constraint that refused, else value or eligibility."""
    reasons, least = decisions.policy.reasons, decisions.policy.rules.min_value
    refused, expected = decisions.refused, decisions.value.expected_value
    silent = np.where(decisions.considered < 0, reasons.code("nothing_eligible"), reasons.code("not_worth_it"))
    of_rule = np.array([reasons.code(name) for name in NAMES] + [-1])
    lowest = np.bitwise_count((refused & -refused) - np.uint32(1))  # the index of the lowest bit; of no bits, 32
    why = np.where(refused != 0, of_rule[np.minimum(lowest, len(NAMES))], silent)
    wears_out = (why == reasons.code("not_worth_it")) & (expected > least) & (expected - later <= least)
    return np.where(wears_out, reasons.code("wears_out"), why)


def _numbers(reasons: Reasons, vectors: Batch, predictions: Predictions, codes: Ints) -> Floats:
    """Return the numbers in the wordings of ``codes``, (n, R, 2), NaN for none."""
    table = np.vstack([columns_of(vectors, predictions, reasons.columns), np.full((1, len(vectors)), np.nan)])
    number = np.append(reasons.number, np.full((1, 2), -1), axis=0)
    out = np.empty((*codes.shape, 2))
    rows = np.arange(len(codes))
    for slot in range(codes.shape[1]):
        for which in range(2):
            out[:, slot, which] = table[number[codes[:, slot], which], rows]
    return out
