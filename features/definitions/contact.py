"""Features of contacts: counts, recency, outcomes by channel, and contact fatigue."""

from __future__ import annotations

from features.arithmetic import added, days_since, decay, per_day, ratio, smoothed
from features.feature import feature
from otokui.frames import Floats

UNKNOWN = "no contact records"
SENT = "contacts"
OUTCOMES = "contacts and what became of them"

OPEN_PRIOR, CLICK_PRIOR, STRENGTH = 0.2, 0.03, 5.0
"""Prior rates of a customer with few contacts; they only order customers, the model fits the rest."""


@feature(unit="count, >= 0", null=UNKNOWN, source=SENT)
def sent_count(sent_count: Floats) -> Floats:
    """Contacts sent over any channel, all time. From: contacts."""
    return added(sent_count)


@feature(unit="days, >= 0", null="never contacted", source=SENT)
def days_since_last_contact(last_sent_at: Floats, as_of: float) -> Floats:
    """Days since the last contact over any channel. From: contacts."""
    return days_since(last_sent_at, as_of)


@feature(unit="contacts", null=UNKNOWN, source=SENT)
def sent_decay_14(sent_decay_14: Floats, as_of: float) -> Floats:
    """Recent contacts sent, each counting half as much every 14 days: fatigue. From: contacts."""
    return decay(sent_decay_14, as_of, 14)


@feature(unit="contacts", null=UNKNOWN, source=SENT)
def sent_decay_90(sent_decay_90: Floats, as_of: float) -> Floats:
    """Recent contacts sent, each counting half as much every 90 days. From: contacts."""
    return decay(sent_decay_90, as_of, 90)


@feature(unit="ratio, 1 = steady", null="never contacted", source=SENT)
def contact_pressure(sent_decay_14: Floats, sent_decay_90: Floats, as_of: float) -> Floats:
    """Rate of contacts of the last fortnight against that of the last quarter. From: contacts."""
    return ratio(per_day(decay(sent_decay_14, as_of, 14), 14), per_day(decay(sent_decay_90, as_of, 90), 90))


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def open_rate(sent_count: Floats, opened_count: Floats) -> Floats:
    """Share of contacts opened by a person, any channel. From: contacts and what became of them."""
    return smoothed(added(opened_count), added(sent_count), OPEN_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def email_open_rate(sent_email_count: Floats, opened_email_count: Floats) -> Floats:
    """Share of e-mails opened by a person. From: contacts and what became of them."""
    return smoothed(opened_email_count, sent_email_count, OPEN_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def push_open_rate(sent_push_count: Floats, opened_push_count: Floats) -> Floats:
    """Share of app pushes opened. From: contacts and what became of them."""
    return smoothed(opened_push_count, sent_push_count, OPEN_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def line_open_rate(sent_line_count: Floats, opened_line_count: Floats) -> Floats:
    """Share of LINE messages opened. From: contacts and what became of them."""
    return smoothed(opened_line_count, sent_line_count, OPEN_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def click_rate(sent_count: Floats, clicked_count: Floats) -> Floats:
    """Share of contacts clicked, any channel. From: contacts and what became of them."""
    return smoothed(added(clicked_count), added(sent_count), CLICK_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def email_click_rate(sent_email_count: Floats, clicked_email_count: Floats) -> Floats:
    """Share of e-mails clicked. From: contacts and what became of them."""
    return smoothed(clicked_email_count, sent_email_count, CLICK_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def sms_click_rate(sent_sms_count: Floats, clicked_sms_count: Floats) -> Floats:
    """Share of SMS clicked. From: contacts and what became of them."""
    return smoothed(clicked_sms_count, sent_sms_count, CLICK_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def push_click_rate(sent_push_count: Floats, clicked_push_count: Floats) -> Floats:
    """Share of app pushes clicked. From: contacts and what became of them."""
    return smoothed(clicked_push_count, sent_push_count, CLICK_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def line_click_rate(sent_line_count: Floats, clicked_line_count: Floats) -> Floats:
    """Share of LINE messages clicked. From: contacts and what became of them."""
    return smoothed(clicked_line_count, sent_line_count, CLICK_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def recent_open_rate(sent_decay_90: Floats, opened_decay_90: Floats, as_of: float) -> Floats:
    """Share of contacts opened, older ones weighing half every 90 days. From: contacts and what became of them."""
    return smoothed(decay(opened_decay_90, as_of, 90), decay(sent_decay_90, as_of, 90), OPEN_PRIOR, STRENGTH)


@feature(unit="share, 0..1, smoothed", null=UNKNOWN, source=OUTCOMES)
def recent_click_rate(sent_decay_90: Floats, clicked_decay_90: Floats, as_of: float) -> Floats:
    """Share of contacts clicked, older ones weighing half every 90 days. From: contacts and what became of them."""
    return smoothed(decay(clicked_decay_90, as_of, 90), decay(sent_decay_90, as_of, 90), CLICK_PRIOR, STRENGTH)


@feature(unit="days, >= 0", null="never opened one", source=OUTCOMES)
def days_since_open(last_opened_at: Floats, as_of: float) -> Floats:
    """Days since a contact was last opened. From: contacts and what became of them."""
    return days_since(last_opened_at, as_of)


@feature(unit="days, >= 0", null="never clicked one", source=OUTCOMES)
def days_since_click(last_clicked_at: Floats, as_of: float) -> Floats:
    """Days since a contact was last clicked. From: contacts and what became of them."""
    return days_since(last_clicked_at, as_of)


@feature(unit="share, 0..1", null="never contacted", source=OUTCOMES)
def conversion_share(sent_count: Floats, converted_count: Floats) -> Floats:
    """Share of contacts that led to a purchase. From: contacts and what became of them."""
    return ratio(converted_count, added(sent_count))


@feature(unit="money, >= 0", null=UNKNOWN, source=OUTCOMES)
def converted_amount_sum(converted_amount_sum: Floats) -> Floats:
    """Money of the purchases that contacts led to. From: contacts and what became of them."""
    return converted_amount_sum


@feature(unit="count, >= 0", null=UNKNOWN, source=OUTCOMES)
def unsubscribed_count(unsubscribed_count: Floats) -> Floats:
    """Contacts through which the customer unsubscribed. From: contacts and what became of them."""
    return unsubscribed_count


@feature(unit="share, 0..1", null="never contacted", source=OUTCOMES)
def bounce_share(sent_count: Floats, bounced_count: Floats) -> Floats:
    """Share of contacts that bounced. From: contacts and what became of them."""
    return ratio(bounced_count, added(sent_count))
