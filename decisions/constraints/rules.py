"""Rules of the constraints: what each permits, and when its refusal lapses.

Each is one small function, true only if its condition is known to hold. The rows that name, order and word the rules are in
``decisions.constraints.constraints``. The exact end of a cap would need the time of every contact; the newest contact gives the latest
possible end, which is returned.
"""

from __future__ import annotations

import numpy as np

from decisions.policy.constraint_context import Grid
from otokui.domain import DAY, NO, YES
from otokui.frames import BEHIND, BOUNCED, COMPLAINED, NO_MONEY, NO_PLACE, OPEN, OPTED_OUT, UNSUBSCRIBED, Bools, Floats

_EVERY_REFUSAL = UNSUBSCRIBED | COMPLAINED | BOUNCED | OPTED_OUT


def ledger_in_step(grid: Grid) -> Bools:
    """Permit customers whose opt-outs on record have all reached the ledger."""
    permitted: Bools = grid.state.contacts_in_period[:, None] != BEHIND
    return permitted


def state_readable(grid: Grid) -> Bools:
    """Permit customers whose contact history could be read."""
    return grid.state.contacts_in_period[:, None] >= 0


def summaries_fresh(grid: Grid) -> Bools:
    """Permit summaries that are neither too old nor later than the decision."""
    age = grid.as_of - grid.summarised_at
    fresh = 0 <= age <= grid.rules.max_summary_age_days * DAY
    return np.full((1, 1), fresh)


def channel_enabled(grid: Grid) -> Bools:
    """Permit channels that are enabled."""
    return grid.rules.channels.enabled[None, :]


def not_unsubscribed(grid: Grid) -> Bools:
    """Permit channels the customer has not unsubscribed from, or agreed to again since."""
    return _without(grid, UNSUBSCRIBED)


def not_complained(grid: Grid) -> Bools:
    """Permit channels without a complaint by the customer, or with consent since."""
    return _without(grid, COMPLAINED)


def not_bounced(grid: Grid) -> Bools:
    """Permit channels without a hard bounce, or with a delivery since."""
    return _without(grid, BOUNCED)


def consented(grid: Grid) -> Bools:
    """Permit channels with consent, and those that need none and have no opt-out."""
    permitted: Bools = (grid.state.consented == YES) | ~grid.rules.channels.needs_consent
    return permitted & _without(grid, OPTED_OUT)


def nothing_refused(grid: Grid) -> Bools:
    """Permit channels with consent and without blacklisting or any refusal."""
    return consented(grid) & not_blacklisted(grid) & not_unsubscribed(grid) & not_complained(grid) & not_bounced(grid)


def _without(grid: Grid, refusal: int) -> Bools:
    """Return where a kind of refusal is known not to hold, (n, C).

    The shape is (1, C) if no customer refused anything.
    """
    refused = grid.state.refused
    if refused is None:
        return np.ones((1, len(grid.rules.channels.names)), dtype=bool)
    known = (refused >= 0) & (refused <= _EVERY_REFUSAL)
    permitted: Bools = known & ((refused & refusal) == 0)
    return permitted


def not_blacklisted(grid: Grid) -> Bools:
    """Permit channels on which the customer is known not to be blacklisted."""
    permitted: Bools = grid.state.blacklisted == NO
    return permitted


def valid(grid: Grid) -> Bools:
    """Permit customers whose predictions are all valid numbers."""
    return grid.valid


def delivered(grid: Grid) -> Bools:
    """Permit contacts with no order under way, except messages allowed before delivery.

    An order counts as given up after ``undelivered_expires_days``.
    """
    if not grid.rules.delivery_tracked:
        return np.ones((1, 1), dtype=bool)
    given_up = grid.as_of - grid.last_open_order_at > grid.rules.undelivered_expires_days * DAY
    permitted: Bools = (grid.undelivered_orders == 0.0) | given_up | grid.rules.messages.before_delivery
    return permitted


def rested(grid: Grid) -> Bools:
    """Permit contacts after the cool-off since the last purchase.

    Customers without a purchase, and messages allowed after a purchase, are exempt.
    """
    rested = (grid.recency_days >= grid.rules.cool_off_days) & np.isfinite(grid.recency_days)
    permitted: Bools = rested | (grid.purchase_count == 0.0) | grid.rules.messages.after_purchase
    return permitted


def under_contact_cap(grid: Grid) -> Bools:
    """Permit customers below the frequency cap over all channels."""
    count = grid.state.contacts_in_period[:, None]
    return (count >= 0) & (count < grid.rules.contact_cap)


def under_channel_cap(grid: Grid) -> Bools:
    """Permit channels below their frequency cap."""
    count = grid.state.channel_contacts
    return (count >= 0) & (count < grid.rules.channels.cap)


def under_message_cap(grid: Grid) -> Bools:
    """Permit messages below their frequency cap."""
    count = grid.state.message_contacts
    return (count >= 0) & (count < grid.rules.messages.cap)


def still_answering(grid: Grid) -> Bools:
    """Permit scenarios that have not ended for want of a response, or have been recycled."""
    again = unanswered_recycles(grid) <= grid.as_of
    return (grid.unanswered >= 0) & ((grid.unanswered < grid.rules.messages.exit_after) | again)


def has_place(grid: Grid) -> Bools:
    """Permit channels with capacity left, as far as is known."""
    if grid.state.shut is None:
        return np.ones((1, len(grid.rules.channels.names)), dtype=bool)
    permitted: Bools = (grid.state.shut == OPEN) | (grid.state.shut == NO_MONEY)
    return permitted


def has_money(grid: Grid) -> Bools:
    """Permit channels that the rest of the budget covers, as far as is known."""
    if grid.state.shut is None:
        return np.ones((1, len(grid.rules.channels.names)), dtype=bool)
    permitted: Bools = (grid.state.shut == OPEN) | (grid.state.shut == NO_PLACE)
    return permitted


def awake(grid: Grid) -> Bools:
    """Permit channels with an hour outside quiet hours within the send window."""
    return grid.rules.reachable[None, :]


def worth_it(grid: Grid) -> Bools:
    """Permit candidates whose value exceeds the minimum, conservatively for expensive channels."""
    least = grid.rules.min_value
    worth = (grid.value > least) & (grid.value < np.inf)
    worth[:, grid.dear] &= grid.sure > least
    return worth


def treated(grid: Grid) -> Bools:
    """Permit customers outside the global control group."""
    permitted: Bools = grid.in_control == NO
    return permitted


def treated_in_scenario(grid: Grid) -> Bools:
    """Permit customers outside the control group of the scenario chosen."""
    permitted: Bools = grid.in_scenario_control == NO
    return permitted


def cool_off_ends(grid: Grid) -> Floats:
    """Return when the cool-off after the last purchase ends."""
    return grid.as_of + (grid.rules.cool_off_days - grid.recency_days) * DAY


def places_return(grid: Grid) -> Floats:
    """Return when the next local day begins, with its own capacity."""
    return np.full((len(grid.recency_days), 1), float(grid.next_day_at))


def delivery_expires(grid: Grid) -> Floats:
    """Return when an undelivered order is given up."""
    return grid.last_open_order_at + grid.rules.undelivered_expires_days * DAY


def unanswered_recycles(grid: Grid) -> Floats:
    """Return when a scenario without response may be tried again.

    It counts from the last contact of any kind.
    """
    when: Floats = grid.state.last_contact_at[:, None] + grid.rules.messages.recycle_days * DAY
    return when


def contact_cap_ends(grid: Grid) -> Floats:
    """Return when the contact cap permits again, at the latest."""
    return grid.state.last_contact_at[:, None] + float(grid.rules.contact_cap_days * DAY)


def channel_cap_ends(grid: Grid) -> Floats:
    """Return when the channel cap permits again, at the latest."""
    return grid.state.last_contact_at[:, None] + grid.rules.channels.cap_seconds.astype(np.float64)


def message_cap_ends(grid: Grid) -> Floats:
    """Return when the message cap permits again, at the latest."""
    return grid.state.last_contact_at[:, None] + grid.rules.messages.cap_seconds.astype(np.float64)
