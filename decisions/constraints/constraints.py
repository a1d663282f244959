"""Constraints on contacts, as rows: name, scope, rule, end and wording (mission R4).

A rule states a condition that must hold; NaN or UNKNOWN does not meet it, and is therefore refused. Each rule has the coarsest scope it
can (customer, channel, message), so that an array of a million candidates is never built for a rule with one answer per customer.

The control groups come after the choice: the contact that would have been made must be known, for comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from decisions.constraints import rules
from decisions.policy.constraint_context import ConstraintContext
from otokui.frames import Bools, Floats
from otokui.wording.i18n import N_, gettext


class ConstraintScope(StrEnum):
    """Scope of a constraint: one answer per customer, channel, message or candidate.

    It gives the shape that ``permits`` returns.
    """

    CUSTOMER = "customer"  # (n, 1)
    CHANNEL = "channel"  # (n, C) or (1, C)
    MESSAGE = "message"  # (n, M) or (1, M)
    CANDIDATE = "candidate"  # (n, A)
    CHOSEN = "chosen"  # (n, 1), applied after the choice


Rule = Callable[[ConstraintContext], Bools]


@dataclass(frozen=True, slots=True)
class Constraint:
    """Constraint on contacts: its rule, its end, and its wording.

    text: in English, marked for the catalogues; until: latest instant at which the refusal lapses by itself, broadcastable like
    ``permits``; None = it does not. bars: the rule closes a channel for every message; refused so on every channel, the customer is
    suppressed even if no message was meant for them. alone: other refusals only follow from this one.
    """

    name: str
    over: ConstraintScope
    permits: Rule
    text: str
    until: Callable[[ConstraintContext], Floats] | None = None
    bars: bool = False
    alone: bool = False

    @property
    def text_ja(self) -> str:
        """Return ``text`` in Japanese."""
        return gettext(self.text, "ja")


CONSTRAINTS: tuple[Constraint, ...] = (
    Constraint(
        "state_unavailable",
        ConstraintScope.CUSTOMER,
        rules.state_readable,
        N_("What is on record about contacting this customer could not be read"),
        bars=True,
        alone=True,
    ),
    Constraint(
        "ledger_behind",
        ConstraintScope.CUSTOMER,
        rules.ledger_in_step,
        N_("Consents or opt-outs on record have not reached the ledger yet"),
        bars=True,
        alone=True,
    ),
    Constraint(
        "stale_summaries",
        ConstraintScope.CUSTOMER,
        rules.summaries_fresh,
        N_("What is known of this customer is too old to decide on"),
        bars=True,
        alone=True,
    ),
    Constraint(
        "channel_disabled",
        ConstraintScope.CHANNEL,
        rules.channel_enabled,
        N_("The channel is switched off in the settings"),
    ),
    Constraint(
        "no_visit",
        ConstraintScope.CHANNEL,
        rules.visited,
        N_("The channel is used only while the customer is there, and the call names no visit"),
    ),
    Constraint(
        "unsubscribed",
        ConstraintScope.CHANNEL,
        rules.not_unsubscribed,
        N_("The customer unsubscribed from the channel and has not agreed again since"),
        bars=True,
    ),
    Constraint(
        "complained",
        ConstraintScope.CHANNEL,
        rules.not_complained,
        N_("The customer complained about a message over the channel (reported as spam) and has not agreed again since"),
        bars=True,
    ),
    Constraint(
        "bounced",
        ConstraintScope.CHANNEL,
        rules.not_bounced,
        N_("Messages over the channel came back as undeliverable, and none has arrived since"),
        bars=True,
    ),
    Constraint(
        "no_consent",
        ConstraintScope.CHANNEL,
        rules.consented,
        N_("There is no consent on record for the channel"),
        bars=True,
    ),
    Constraint(
        "blacklisted",
        ConstraintScope.CHANNEL,
        rules.not_blacklisted,
        N_("The customer is on the list of those not to be contacted"),
        bars=True,
    ),
    Constraint("invalid_prediction", ConstraintScope.CUSTOMER, rules.valid, N_("No valid prediction could be made")),
    Constraint(
        "undelivered",
        ConstraintScope.MESSAGE,
        rules.delivered,
        N_("An order is under way and not yet delivered"),
        rules.delivery_expires,
    ),
    Constraint(
        "cool_off",
        ConstraintScope.MESSAGE,
        rules.cool_off_over,
        N_("The last purchase was only just made"),
        rules.cool_off_ends,
    ),
    Constraint(
        "contact_cap",
        ConstraintScope.CUSTOMER,
        rules.under_contact_cap,
        N_("The customer has been contacted often enough of late"),
        rules.contact_cap_ends,
    ),
    Constraint(
        "channel_cap",
        ConstraintScope.CHANNEL,
        rules.under_channel_cap,
        N_("The channel has been used often enough of late"),
        rules.channel_cap_ends,
    ),
    Constraint(
        "message_cap",
        ConstraintScope.MESSAGE,
        rules.under_message_cap,
        N_("The message was sent often enough of late"),
        rules.message_cap_ends,
    ),
    Constraint(
        "contact_spacing",
        ConstraintScope.CHANNEL,
        rules.spacing_kept,
        N_("Another contact is too near: the minimum spacing leaves no send time within the window"),
        rules.spacing_ends,
    ),
    Constraint(
        "exit_unanswered",
        ConstraintScope.MESSAGE,
        rules.scenario_not_ended,
        N_("The scenario ended: it was sent several times without response"),
        rules.unanswered_recycles,
    ),
    Constraint(
        "quiet_hours",
        ConstraintScope.CHANNEL,
        rules.within_open_hours,
        N_("There is no permitted send time within the window"),
    ),
    Constraint(
        "capacity",
        ConstraintScope.CHANNEL,
        rules.has_place,
        N_("The channel has no place left for the day"),
        rules.places_return,
    ),
    Constraint(
        "budget",
        ConstraintScope.CHANNEL,
        rules.has_money,
        N_("The budget of the period has no money left for it"),
    ),
    Constraint(
        "not_worth_it",
        ConstraintScope.CANDIDATE,
        rules.worth_it,
        N_(
            "A contact would cost more, what it takes from later ones included, than it is expected to bring; or, over a dear channel, "
            "than it surely brings"
        ),
    ),
    Constraint(
        "holdout",
        ConstraintScope.CHOSEN,
        rules.outside_control_group,
        N_("The customer belongs to the control group that is never contacted, to measure effect"),
    ),
    Constraint(
        "scenario_holdout",
        ConstraintScope.CHOSEN,
        rules.outside_scenario_control_group,
        N_("The customer belongs to the control group of this scenario, to measure its effect"),
    ),
)

NAMES: tuple[str, ...] = tuple(constraint.name for constraint in CONSTRAINTS)
BIT: dict[str, int] = {name: 1 << index for index, name in enumerate(NAMES)}
"""Bits of the constraints in a uint32: the compact form of a million refusals."""
