"""Rules of the constraints: what each permits, and when its refusal lapses.

Each is one small function, true only if its condition is known to hold. The rows that name, order and word the rules are in
``decisions.constraints.constraints``. The exact end of a cap would need the time of every contact; the newest contact gives the latest
possible end, which is returned.
"""

from __future__ import annotations

import numpy as np

from decisions.policy.constraint_context import ConstraintContext
from otokui.domain import DAY, NO, YES
from otokui.frames import BEHIND, BOUNCED, COMPLAINED, NO_MONEY, NO_PLACE, OPEN, OPTED_OUT, UNSUBSCRIBED, Bools, Floats

_EVERY_REFUSAL = UNSUBSCRIBED | COMPLAINED | BOUNCED | OPTED_OUT


def ledger_in_step(context: ConstraintContext) -> Bools:
    """Permit customers whose opt-outs on record have all reached the ledger."""
    permitted: Bools = context.state.contacts_in_period[:, None] != BEHIND
    return permitted


def state_readable(context: ConstraintContext) -> Bools:
    """Permit customers whose contact history could be read."""
    return context.state.contacts_in_period[:, None] >= 0


def summaries_fresh(context: ConstraintContext) -> Bools:
    """Permit summaries that are neither too old nor later than the decision."""
    age = context.as_of - context.summarised_at
    fresh = 0 <= age <= context.rules.max_summary_age_days * DAY
    return np.full((1, 1), fresh)


def channel_enabled(context: ConstraintContext) -> Bools:
    """Permit channels that are enabled in the settings."""
    channels = context.rules.channels
    permitted: Bools = (channels.enabled | channels.awaits_visit)[None, :]
    return permitted


def visited(context: ConstraintContext) -> Bools:
    """Permit pull channels only at a visit of the customer."""
    return ~context.rules.channels.awaits_visit[None, :]


def not_unsubscribed(context: ConstraintContext) -> Bools:
    """Permit channels the customer has not unsubscribed from, or agreed to again since."""
    return _without(context, UNSUBSCRIBED)


def not_complained(context: ConstraintContext) -> Bools:
    """Permit channels without a complaint by the customer, or with consent since."""
    return _without(context, COMPLAINED)


def not_bounced(context: ConstraintContext) -> Bools:
    """Permit channels without a hard bounce, or with a delivery since."""
    return _without(context, BOUNCED)


def consented(context: ConstraintContext) -> Bools:
    """Permit channels with consent, and those that need none and have no opt-out."""
    permitted: Bools = (context.state.consented == YES) | ~context.rules.channels.needs_consent
    return permitted & _without(context, OPTED_OUT)


def nothing_refused(context: ConstraintContext) -> Bools:
    """Permit channels with consent and without blacklisting or any refusal."""
    return consented(context) & not_blacklisted(context) & not_unsubscribed(context) & not_complained(context) & not_bounced(context)


def _without(context: ConstraintContext, refusal: int) -> Bools:
    """Return where a kind of refusal is known not to hold, (n, C).

    The shape is (1, C) if no customer refused anything.
    """
    refused = context.state.refused
    if refused is None:
        return np.ones((1, len(context.rules.channels.names)), dtype=bool)
    known = (refused >= 0) & (refused <= _EVERY_REFUSAL)
    permitted: Bools = known & ((refused & refusal) == 0)
    return permitted


def not_blacklisted(context: ConstraintContext) -> Bools:
    """Permit channels on which the customer is known not to be blacklisted."""
    permitted: Bools = context.state.blacklisted == NO
    return permitted


def valid(context: ConstraintContext) -> Bools:
    """Permit customers whose predictions are all valid numbers."""
    return context.valid


def delivered(context: ConstraintContext) -> Bools:
    """Permit contacts with no order under way, except messages allowed before delivery.

    An order counts as given up after ``undelivered_expires_days``.
    """
    if not context.rules.delivery_tracked:
        return np.ones((1, 1), dtype=bool)
    given_up = context.as_of - context.last_open_order_at > context.rules.undelivered_expires_days * DAY
    permitted: Bools = (context.undelivered_orders == 0.0) | given_up | context.rules.messages.before_delivery
    return permitted


def cool_off_over(context: ConstraintContext) -> Bools:
    """Permit contacts after the cool-off since the last purchase.

    Customers without a purchase, and messages allowed after a purchase, are exempt.
    """
    rested = (context.recency_days >= context.rules.cool_off_days) & np.isfinite(context.recency_days)
    permitted: Bools = rested | (context.purchase_count == 0.0) | context.rules.messages.after_purchase
    return permitted


def under_contact_cap(context: ConstraintContext) -> Bools:
    """Permit customers below the frequency cap over all channels."""
    count = context.state.contacts_in_period[:, None]
    return (count >= 0) & (count < context.rules.contact_cap)


def under_channel_cap(context: ConstraintContext) -> Bools:
    """Permit channels below their frequency cap."""
    count = context.state.channel_contacts
    return (count >= 0) & (count < context.rules.channels.cap)


def under_message_cap(context: ConstraintContext) -> Bools:
    """Permit messages below their frequency cap."""
    count = context.state.message_contacts
    return (count >= 0) & (count < context.rules.messages.cap)


def spacing_kept(context: ConstraintContext) -> Bools:
    """Permit channels with a send time that keeps the minimum spacing from every other contact."""
    begin, until = context.state.spacing_from, context.state.spacing_until
    channels = np.arange(len(context.rules.channels.names))
    if begin is None or until is None:
        return np.full((1, len(channels)), begin is None and until is None)
    times = context.rules.spacing
    none, known = np.isnan(begin) & np.isnan(until), ~(np.isnan(begin) | np.isnan(until))
    permitted: Bools = none | (known & (times.later(context.as_of, until) | times.sooner(context.as_of, begin, channels)))
    return permitted


def scenario_not_ended(context: ConstraintContext) -> Bools:
    """Permit scenarios that have not ended for want of a response, or have been recycled."""
    again = unanswered_recycles(context) <= context.as_of
    return (context.unanswered >= 0) & ((context.unanswered < context.rules.messages.exit_after) | again)


def has_place(context: ConstraintContext) -> Bools:
    """Permit channels with capacity left, as far as is known."""
    if context.state.shut is None:
        return np.ones((1, len(context.rules.channels.names)), dtype=bool)
    permitted: Bools = (context.state.shut == OPEN) | (context.state.shut == NO_MONEY)
    return permitted


def has_money(context: ConstraintContext) -> Bools:
    """Permit channels that the rest of the budget covers, as far as is known."""
    if context.state.shut is None:
        return np.ones((1, len(context.rules.channels.names)), dtype=bool)
    permitted: Bools = (context.state.shut == OPEN) | (context.state.shut == NO_PLACE)
    return permitted


def within_open_hours(context: ConstraintContext) -> Bools:
    """Permit channels with an hour outside quiet hours within the send window."""
    return context.rules.reachable[None, :]


def worth_it(context: ConstraintContext) -> Bools:
    """Permit candidates whose value exceeds the minimum, conservatively for expensive channels."""
    least = context.rules.min_value
    worth = (context.value > least) & (context.value < np.inf)
    worth[:, context.expensive] &= context.conservative_value > least
    return worth


def outside_control_group(context: ConstraintContext) -> Bools:
    """Permit customers outside the global control group."""
    permitted: Bools = context.in_control == NO
    return permitted


def outside_scenario_control_group(context: ConstraintContext) -> Bools:
    """Permit customers outside the control group of the scenario chosen."""
    permitted: Bools = context.in_scenario_control == NO
    return permitted


def cool_off_ends(context: ConstraintContext) -> Floats:
    """Return when the cool-off after the last purchase ends."""
    return context.as_of + (context.rules.cool_off_days - context.recency_days) * DAY


def places_return(context: ConstraintContext) -> Floats:
    """Return when the next local day begins, with its own capacity."""
    return np.full((len(context.recency_days), 1), float(context.next_day_at))


def delivery_expires(context: ConstraintContext) -> Floats:
    """Return when an undelivered order is given up."""
    return context.last_open_order_at + context.rules.undelivered_expires_days * DAY


def unanswered_recycles(context: ConstraintContext) -> Floats:
    """Return when a scenario without response may be tried again.

    It counts from the last contact of any kind.
    """
    when: Floats = context.state.last_contact_at[:, None] + context.rules.messages.recycle_days * DAY
    return when


def contact_cap_ends(context: ConstraintContext) -> Floats:
    """Return when the contact cap permits again, at the latest."""
    return context.state.last_contact_at[:, None] + float(context.rules.contact_cap_days * DAY)


def channel_cap_ends(context: ConstraintContext) -> Floats:
    """Return when the channel cap permits again, at the latest."""
    return context.state.last_contact_at[:, None] + context.rules.channels.cap_seconds.astype(np.float64)


def spacing_ends(context: ConstraintContext) -> Floats:
    """Return when the minimum spacing ends, after all contacts known by now."""
    until = context.state.spacing_until
    return np.full((len(context.recency_days), 1), np.nan) if until is None else until


def message_cap_ends(context: ConstraintContext) -> Floats:
    """Return when the message cap permits again, at the latest."""
    return context.state.last_contact_at[:, None] + context.rules.messages.cap_seconds.astype(np.float64)
