"""What each rule permits, and when its refusal lapses: one small function each, true only of what is known to be so.

The rows that name, order and word the rules are in ``decisions.constraints.constraints``. A cap's exact end would need the
time of every contact; the newest contact gives the latest it can be, and that is what is said.
"""

from __future__ import annotations

import numpy as np

from decisions.policy.constraint_context import Grid
from otokui.domain import DAY, NO, YES
from otokui.frames import BEHIND, BOUNCED, COMPLAINED, NO_MONEY, NO_PLACE, OPEN, OPTED_OUT, UNSUBSCRIBED, Bools, Floats

_EVERY_REFUSAL = UNSUBSCRIBED | COMPLAINED | BOUNCED | OPTED_OUT


def ledger_in_step(grid: Grid) -> Bools:
    """The ledger is not known to lack opt-outs that are on record."""
    permitted: Bools = grid.state.contacts_in_period[:, None] != BEHIND
    return permitted


def state_readable(grid: Grid) -> Bools:
    """The record of contacts could be read."""
    return grid.state.contacts_in_period[:, None] >= 0


def summaries_fresh(grid: Grid) -> Bools:
    """The summaries are neither too old nor from after the decision."""
    age = grid.as_of - grid.summarised_at
    fresh = 0 <= age <= grid.rules.max_summary_age_days * DAY
    return np.full((1, 1), fresh)


def channel_enabled(grid: Grid) -> Bools:
    """The channel is in use."""
    return grid.rules.channels.enabled[None, :]


def not_unsubscribed(grid: Grid) -> Bools:
    """The customer is known not to have unsubscribed from the channel, or has said yes since."""
    return _without(grid, UNSUBSCRIBED)


def not_complained(grid: Grid) -> Bools:
    """The customer is known not to have complained about the channel, or has said yes since."""
    return _without(grid, COMPLAINED)


def not_bounced(grid: Grid) -> Bools:
    """No contact over the channel came back for good, or one has arrived since."""
    return _without(grid, BOUNCED)


def consented(grid: Grid) -> Bools:
    """The customer said yes to the channel, or the channel asks for no consent and the customer did not say no."""
    permitted: Bools = (grid.state.consented == YES) | ~grid.rules.channels.needs_consent
    return permitted & _without(grid, OPTED_OUT)


def nothing_refused(grid: Grid) -> Bools:
    """The channel may be used by all that the customer ever said: consent, blacklist and every kind of refusal."""
    return consented(grid) & not_blacklisted(grid) & not_unsubscribed(grid) & not_complained(grid) & not_bounced(grid)


def _without(grid: Grid, refusal: int) -> Bools:
    """Return where a kind of refusal is known not to hold, (n, C), or (1, C) where nobody refused anything."""
    refused = grid.state.refused
    if refused is None:
        return np.ones((1, len(grid.rules.channels.names)), dtype=bool)
    known = (refused >= 0) & (refused <= _EVERY_REFUSAL)
    permitted: Bools = known & ((refused & refusal) == 0)
    return permitted


def not_blacklisted(grid: Grid) -> Bools:
    """The customer is known not to be suppressed on the channel."""
    permitted: Bools = grid.state.blacklisted == NO
    return permitted


def valid(grid: Grid) -> Bools:
    """Every prediction is a number that can be."""
    return grid.valid


def delivered(grid: Grid) -> Bools:
    """Nothing is under way to the customer, or it has been so long that it is given up, or the message may go all the same."""
    if not grid.rules.delivery_tracked:
        return np.ones((1, 1), dtype=bool)
    given_up = grid.as_of - grid.last_open_order_at > grid.rules.undelivered_expires_days * DAY
    permitted: Bools = (grid.undelivered_orders == 0.0) | given_up | grid.rules.messages.before_delivery
    return permitted


def rested(grid: Grid) -> Bools:
    """The last purchase is long enough ago, or there was none, or the message may go all the same."""
    rested = (grid.recency_days >= grid.rules.cool_off_days) & np.isfinite(grid.recency_days)
    permitted: Bools = rested | (grid.purchase_count == 0.0) | grid.rules.messages.after_purchase
    return permitted


def under_contact_cap(grid: Grid) -> Bools:
    """Contacts over all channels leave room for one more."""
    count = grid.state.contacts_in_period[:, None]
    return (count >= 0) & (count < grid.rules.contact_cap)


def under_channel_cap(grid: Grid) -> Bools:
    """Contacts over the channel leave room for one more."""
    count = grid.state.channel_contacts
    return (count >= 0) & (count < grid.rules.channels.cap)


def under_message_cap(grid: Grid) -> Bools:
    """Sends of the message leave room for one more."""
    count = grid.state.message_contacts
    return (count >= 0) & (count < grid.rules.messages.cap)


def still_answering(grid: Grid) -> Bools:
    """The scenario was not sent too often without response, or it is so long ago that it is tried again."""
    again = unanswered_recycles(grid) <= grid.as_of
    return (grid.unanswered >= 0) & ((grid.unanswered < grid.rules.messages.exit_after) | again)


def has_place(grid: Grid) -> Bools:
    """The channel has a place left, as far as is known."""
    if grid.state.shut is None:
        return np.ones((1, len(grid.rules.channels.names)), dtype=bool)
    permitted: Bools = (grid.state.shut == OPEN) | (grid.state.shut == NO_MONEY)
    return permitted


def has_money(grid: Grid) -> Bools:
    """The budget has money left for a contact over the channel, as far as is known."""
    if grid.state.shut is None:
        return np.ones((1, len(grid.rules.channels.names)), dtype=bool)
    permitted: Bools = (grid.state.shut == OPEN) | (grid.state.shut == NO_PLACE)
    return permitted


def awake(grid: Grid) -> Bools:
    """Some permitted hour lies within the window."""
    return grid.rules.reachable[None, :]


def worth_it(grid: Grid) -> Bools:
    """The value is a number above the least; over a dear channel, surely so."""
    least = grid.rules.min_value
    worth = (grid.value > least) & (grid.value < np.inf)
    worth[:, grid.dear] &= grid.sure > least
    return worth


def treated(grid: Grid) -> Bools:
    """The customer is in no global control group."""
    permitted: Bools = grid.in_control == NO
    return permitted


def treated_in_scenario(grid: Grid) -> Bools:
    """The customer is not in the control group of the scenario chosen."""
    permitted: Bools = grid.in_scenario_control == NO
    return permitted


def cool_off_ends(grid: Grid) -> Floats:
    """When the cool-off after the last purchase is over."""
    return grid.as_of + (grid.rules.cool_off_days - grid.recency_days) * DAY


def places_return(grid: Grid) -> Floats:
    """When the next local day begins, with its own places."""
    return np.full((len(grid.recency_days), 1), float(grid.next_day_at))


def delivery_expires(grid: Grid) -> Floats:
    """When an order that is not delivered is given up."""
    return grid.last_open_order_at + grid.rules.undelivered_expires_days * DAY


def unanswered_recycles(grid: Grid) -> Floats:
    """When who did not respond is tried again: so long after the last contact of any kind."""
    when: Floats = grid.state.last_contact_at[:, None] + grid.rules.messages.recycle_days * DAY
    return when


def contact_cap_ends(grid: Grid) -> Floats:
    """When the contact cap has room again, at the latest."""
    return grid.state.last_contact_at[:, None] + float(grid.rules.contact_cap_days * DAY)


def channel_cap_ends(grid: Grid) -> Floats:
    """When the channel's cap has room again, at the latest."""
    return grid.state.last_contact_at[:, None] + grid.rules.channels.cap_seconds.astype(np.float64)


def message_cap_ends(grid: Grid) -> Floats:
    """When the message's cap has room again, at the latest."""
    return grid.state.last_contact_at[:, None] + grid.rules.messages.cap_seconds.astype(np.float64)
