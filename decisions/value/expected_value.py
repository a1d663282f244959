"""Expected value of a contact in money (mission R2).

It is uplift x margin - costs + care. Costs are those of the channel, the incentive and unsubscribing; care includes the retention value.
Every part stays separate, so that a decision can be explained by the part that made it. Merged with the choice, "worth it" would become a
score of unknown unit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from decisions.candidates.candidate_terms import ValueRules
from decisions.candidates.retention import leaving_chance, retention_value, spend_if_returning
from decisions.candidates.wear_out import recent_contacts
from decisions.customer_batch import CustomerBatch
from decisions.value.unsubscribe_cost import unsubscribe_cost
from decisions.value.uplift import UpliftFactors, candidate_uplifts, chosen_uplift, interval, uplift_deviation
from otokui.frames import Batch, Bools, Floats, Ints, Predictions

_ORDERS_EXPECTED = 2.0  # own purchases that the model's expectation is worth
_BLOCK = 4_096  # rows at once, so that the working set stays in the processor's cache


@dataclass(frozen=True, slots=True)
class ValueInputs:
    """Value inputs of ``n`` customers, independent of any candidate."""

    p_without: Floats  # (n, M) chance of a purchase within the message's response days, without contact
    margin: Floats  # (n,) money one purchase earns
    later_purchases: Floats  # (n,) money of further purchases after a first or a second one
    unsubscribe_cost: Floats  # (n,) money lost if this customer unsubscribes, grown by recent contacts
    value_at_risk: Floats  # (n,) money lost with the customer, times the chance of leaving
    valid: Bools  # (n,) whether every prediction used is a valid number
    recent_contacts: Floats  # (n,) decayed count: an older contact counts for less
    personal: UpliftFactors

    def rows(self, index: Ints | slice) -> ValueInputs:
        """Return the value inputs of some of the customers."""
        some = {part.name: getattr(self, part.name)[index] for part in fields(self) if part.name != "personal"}
        return ValueInputs(**some, personal=self.personal.rows(index))


@dataclass(frozen=True, slots=True)
class ValueParts:
    """Value parts of some candidates, arrays of one shape; see ``docs/explanation/decisions.md``."""

    p_purchase: Floats  # chance of a purchase with the contact
    uplift: Floats  # the part of it that the contact adds
    uplift_low: Floats
    uplift_high: Floats
    margin: Floats  # money per added purchase, without those pulled forward, with further ones after a first or second
    cost: Floats  # channel + incentive + unsubscribe cost
    care_value: Floats  # money beyond the purchase: care value and retention value
    expected_value: Floats  # uplift x margin - cost + care


def value_inputs(batch: CustomerBatch, rules: ValueRules) -> ValueInputs:
    """Return the value inputs of the customers.

    An unknown input is NaN, and ``valid`` is then false.
    """
    predictions, vectors, state = batch.predictions, batch.vectors, batch.contacts
    p_without = _within(predictions, rules.response_days)
    horizon = predictions.at(rules.horizon_days)
    spend = predictions.expected_spend[:, horizon]
    purchases = predictions.expected_purchases[:, horizon]
    own_mean, own_rate = _known(vectors, "mean_order_value"), _known(vectors, "margin_rate")
    purchases = np.where(np.isnan(purchases), predictions.p_purchase[:, horizon], purchases)  # at least that many
    count = _known(vectors, "purchase_count")
    order_value = _order_value(own_mean, count, spend / purchases)
    spend = np.where(np.isnan(spend), purchases * own_mean, spend)  # without a spend, purchases of the own size
    rate = np.where(np.isnan(own_rate), rules.margin_rate, np.clip(own_rate, 0.0, 1.0))
    margin = order_value * rate
    later_purchases = rate * np.select([count == 1.0, count == 0.0], [rules.beyond_second, rules.beyond_first], 0.0)
    value_at_risk = (
        leaving_chance(vectors, rules.leaving_share, rules.enquiry_days)
        * spend_if_returning(spend, predictions.p_purchase[:, horizon])
        * rate
    )
    cost = unsubscribe_cost(spend * rate, rules.unsubscribe_loss_share, state.contacts_in_period)
    valid = np.isfinite(margin) & (margin >= 0.0) & ~(own_mean < 0.0) & np.isfinite(cost) & (cost >= 0.0)
    valid &= (p_without >= 0.0).all(axis=1) & (p_without <= 1.0).all(axis=1)
    recent = recent_contacts(vectors, state, rules.personal.period_days)
    personal = UpliftFactors.of(batch, rules.personal, p_without, recent)
    return ValueInputs(p_without, margin, later_purchases, cost, value_at_risk, valid, recent, personal)


def candidate_values(inputs: ValueInputs, rules: ValueRules) -> Floats:
    """Return the expected value of every candidate, (n, A) money.

    NaN if the value inputs are not valid numbers.
    """
    value = np.empty((len(inputs.margin), len(rules.candidates)))
    for begin in range(0, len(value), _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        uplift = candidate_uplifts(inputs.personal.rows(rows), rules)
        _fill(value[rows], inputs, rows, uplift, rules)
    return value


def _fill(value: Floats, inputs: ValueInputs, rows: slice, uplift: Floats, rules: ValueRules) -> None:
    message, terms, p_without = rules.candidates.message, rules.terms, inputs.p_without[rows]
    added = (1.0 - p_without).take(message, axis=1)
    np.minimum(added, uplift, out=added)
    np.multiply(inputs.margin[rows, None], terms.uplift.lasting_share, out=value)
    value += inputs.later_purchases[rows, None]
    value *= added
    value -= inputs.unsubscribe_cost[rows, None] * terms.unsubscribe_rate
    value += terms.fixed
    lost = np.flatnonzero(inputs.value_at_risk[rows])
    if len(lost):
        value[lost] += retention_values(inputs, rules, rows=lost + (rows.start or 0))
    paid = terms.with_incentive
    if len(paid):
        value[:, paid] -= terms.incentive[paid] * (p_without[:, message[paid]] + added[:, paid])


def deviation(inputs: ValueInputs, rules: ValueRules, only: Ints | slice = slice(None)) -> Floats:
    """Return the standard deviation of candidates' values, (n, len(only)) money.

    It comes from the uncertainty of the uplift. only: some candidates (all).
    """
    earned = inputs.margin[:, None] * rules.terms.uplift.lasting_share[only] + inputs.later_purchases[:, None]
    return earned * uplift_deviation(inputs.personal, rules, only)


def retention_values(
    inputs: ValueInputs, rules: ValueRules, *, rows: Ints | slice = slice(None), only: Ints | slice = slice(None)
) -> Floats:
    """Return the retention value of candidates (all) for customers (all), (len(rows), len(only))."""
    attention = inputs.personal.attention[rows][:, rules.candidates.channel[only]]
    return retention_value(inputs.value_at_risk[rows][:, None], attention, rules.terms.save_rate[only])


def parts(inputs: ValueInputs, rules: ValueRules, rows: Ints, chosen: Ints) -> ValueParts:
    """Return the parts of the value of candidate ``chosen[i]`` for customer ``rows[i]``, each (len(rows),)."""
    terms, customers = rules.terms, inputs.personal.rows(rows)
    p_without = inputs.p_without[rows, rules.candidates.message[chosen]]
    room = 1.0 - p_without
    added = np.minimum(room, chosen_uplift(customers, rules, chosen))
    p_purchase = p_without + added
    margin = inputs.margin[rows] * terms.uplift.lasting_share[chosen] + inputs.later_purchases[rows]
    cost = (
        terms.channel_cost[chosen] + terms.incentive[chosen] * p_purchase + terms.unsubscribe_rate[chosen] * inputs.unsubscribe_cost[rows]
    )
    attention = customers.attention[np.arange(len(customers)), rules.candidates.channel[chosen]]
    care = terms.care[chosen] + retention_value(inputs.value_at_risk[rows], attention, terms.save_rate[chosen])
    expected = added * margin - cost + care
    low, high = (np.minimum(room, end) for end in interval(customers, rules, chosen))
    return ValueParts(p_purchase, added, low, high, margin, cost, care, expected)


def _order_value(own_mean: Floats, count: Floats, expected: Floats) -> Floats:
    """Return the expected value of the next order, (n,): own mean shrunk to the model's.

    The more purchases (``count``), the more the own mean counts, as in the gamma-gamma model (Fader, Hardie and Lee, Journal of Marketing
    Research 2005). If one of the two is not known, the other is taken.
    """
    count = np.where(np.isnan(count), 0.0, count)
    both = (count * own_mean + _ORDERS_EXPECTED * expected) / (count + _ORDERS_EXPECTED)
    known = np.isfinite(expected) & (expected > 0.0)
    return np.where(np.isnan(own_mean), expected, np.where(known, both, own_mean))


def _known(batch: Batch, name: str) -> Floats:
    return batch.column(name) if name in batch.names else np.full(len(batch), np.nan)


def _within(predictions: Predictions, days: Floats) -> Floats:
    """Return P(purchase within each number of days), (n, len(days)): straight between horizons, from 0 at day 0."""
    horizons = np.array([0, *predictions.horizons_days], dtype=np.float64)
    capped = np.minimum(days, horizons[-1])
    upper = np.clip(np.searchsorted(horizons, capped), 1, len(horizons) - 1)
    share = (capped - horizons[upper - 1]) / (horizons[upper] - horizons[upper - 1])
    above = predictions.p_purchase.take(upper - 1, axis=1)
    below = predictions.p_purchase.take(np.maximum(upper - 2, 0), axis=1)
    below = np.where(upper == 1, 0.0, below)
    # Exactly on a horizon its own prediction is taken, untouched.
    within: Floats = np.where(share == 1.0, above, below + (above - below) * share)
    return within
