"""Outcome of each customer: contact, control, suppressed or no contact, and its constraints."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from decisions.constraints.constraints import BIT, CONSTRAINTS, ConstraintScope
from decisions.constraints.refusals import Bits, Refusals
from decisions.decision_table import GROUP_CODE, STATUS_CODE, Codes
from decisions.policy.constraint_context import ConstraintContext
from decisions.policy.control_groups import Holdout, in_control, in_scenario_control
from decisions.selection.choose import Choice
from otokui.domain import NO, YES, HoldoutGroup, Status
from otokui.frames import Bools, Ints, Texts, Tri


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome for ``n`` customers: status, group and refusal bits, (n,) each."""

    status: Codes
    group: Codes
    refused: Bits  # the constraints against a contact; 0 for contacts and for want of value

    def despite(self, refused: Bits) -> Outcome:
        """Return the outcome of contacts made despite constraints; these join the control groups in ``refused``."""
        return replace(self, status=np.full(len(self.status), STATUS_CODE[Status.CONTACT], dtype=np.int8), refused=self.refused | refused)


def outcome(context: ConstraintContext, choice: Choice, refused: Refusals, message: Ints, channel: Ints) -> Outcome:
    """Return the outcomes; message and channel are of the candidate considered.

    The context has the control groups drawn. No contact for want of value is not a suppression: ``suppressed`` needs a contact that would
    otherwise have been made, or a customer barred on every channel.
    """
    usable = context.rules.channels.enabled
    held = _held(context)
    barred = refused.barred(usable)
    worth_sending = (choice.considered >= 0) & (choice.worth | ~context.valid[:, 0])
    sent = np.where(held == 0, STATUS_CODE[Status.CONTACT], STATUS_CODE[Status.CONTROL])
    silent = np.where(worth_sending | barred, STATUS_CODE[Status.SUPPRESSED], STATUS_CODE[Status.NO_CONTACT])
    status = np.where(choice.acceptable, sent, silent).astype(np.int8)
    bits = np.where(choice.acceptable, held, np.uint32(0))
    rows = np.flatnonzero(~choice.acceptable & barred)
    bits[rows] = refused.bars(rows, usable)
    rows = np.flatnonzero(~choice.acceptable & worth_sending & ~barred)
    bits[rows] = refused.of(rows, message[rows], channel[rows], choice.considered[rows])
    return Outcome(status, _groups(context, choice), bits)


def draw_groups(context: ConstraintContext, holdout: Holdout, customer_ids: Texts, scenario: Ints) -> ConstraintContext:
    """Draw the control groups: the global one, and that of the scenario chosen.

    scenario: (n,) index, -1 = none.
    """
    scenarios = context.rules.messages.scenarios
    control = in_control(customer_ids, holdout.salt, holdout.share)
    of_scenario = in_scenario_control(customer_ids, scenario, scenarios, holdout.salt, holdout.scenario_share)
    return replace(context, in_control=_tri(control), in_scenario_control=_tri(of_scenario))


def _tri(held: Bools) -> Tri:
    return np.where(held, YES, NO).astype(np.int8)[:, None]


def _held(context: ConstraintContext) -> Bits:
    """Return the first control-group constraint that holds each customer back, (n,); 0 = none."""
    bits = np.zeros(len(context.recency_days), dtype=np.uint32)
    for constraint in reversed(CONSTRAINTS):
        if constraint.over is ConstraintScope.CHOSEN:
            bits = np.where(constraint.permits(context)[:, 0], bits, np.uint32(BIT[constraint.name]))
    return bits


def _groups(context: ConstraintContext, choice: Choice) -> Codes:
    """Return the group of each customer.

    A scenario's control group counts only if its contact would have been made.
    """
    of_scenario = choice.acceptable & (context.in_scenario_control[:, 0] != NO)
    treated = np.where(choice.groups.usual, GROUP_CODE[HoldoutGroup.USUAL], GROUP_CODE[HoldoutGroup.TREATMENT])
    treated = np.where(choice.groups.random, GROUP_CODE[HoldoutGroup.RANDOM], treated)
    group = np.where(of_scenario, GROUP_CODE[HoldoutGroup.SCENARIO_CONTROL], treated)
    return np.where(context.in_control[:, 0] != NO, GROUP_CODE[HoldoutGroup.CONTROL], group).astype(np.int8)
