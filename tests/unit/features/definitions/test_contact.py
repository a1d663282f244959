"""Contacts and what came of them."""

import math

import pytest

from features.summaries.summary import summarise
from otokui.domain import CutoffDate
from tests.builders import contact, day, line, outcome, records, table, vector


def contacted(as_of: float = 30) -> dict[str, float]:
    """Return the features of somebody who got three e-mails and one message over each other channel."""
    sent = [contact(day(at)) for at in (0, 1, 2)] + [contact(day(10), channel=c) for c in ("push", "sms", "line", "fax")]
    outcomes = [
        outcome("opened", day(1)),
        outcome("opened", day(2)),
        outcome("clicked", day(2)),
        outcome("opened", day(11), channel="push"),
        outcome("converted", day(12), channel="push", amount=500.0),
        outcome("unsubscribed", day(13), channel="fax"),
        outcome("bounced", day(10), channel="sms"),
    ]
    row = table(summarise(records(contacts=sent, contact_outcomes=outcomes), CutoffDate(day(as_of))))["ada"]
    return vector(day(as_of), **{name: value for name, value in row.items() if isinstance(value, float)})


def test_counts_rates_and_ages() -> None:
    """Seven contacts, three opened, one clicked; rates are drawn to their priors."""
    features = contacted()

    assert features["sent_count"] == 7.0
    assert features["days_since_last_contact"] == 20.0
    assert features["open_rate"] == pytest.approx((3 + 1.0) / 12)
    assert features["email_open_rate"] == pytest.approx((2 + 1.0) / 8)
    assert features["push_open_rate"] == pytest.approx((1 + 1.0) / 6)
    assert features["line_open_rate"] == pytest.approx((0 + 1.0) / 6)
    assert features["click_rate"] == pytest.approx((1 + 0.15) / 12)
    assert features["email_click_rate"] == pytest.approx((1 + 0.15) / 8)
    assert features["sms_click_rate"] == features["push_click_rate"] == features["line_click_rate"] == pytest.approx(0.15 / 6)
    assert features["days_since_open"] == 19.0
    assert features["days_since_click"] == 28.0
    assert features["conversion_share"] == pytest.approx(1 / 7)
    assert features["converted_amount_sum"] == 500.0
    assert features["unsubscribed_count"] == 1.0
    assert features["bounce_share"] == pytest.approx(1 / 7)


def test_fatigue_fades() -> None:
    """Contacts weigh a half after two weeks, and pressure falls once they stop."""
    now, later = contacted(as_of=11), contacted(as_of=25)

    assert later["sent_decay_14"] == pytest.approx(now["sent_decay_14"] / 2)
    assert later["sent_decay_90"] > later["sent_decay_14"]
    assert later["contact_pressure"] < now["contact_pressure"]
    assert 0.0 < later["recent_click_rate"] < later["recent_open_rate"] < 1.0


def test_never_contacted_is_not_never_answered() -> None:
    """Without a contact the rates stand at the prior and the ages are null."""
    row = table(summarise(records(contacts=[], contact_outcomes=[], order_lines=[line(day(0))]), CutoffDate(day(1))))["ada"]

    features = vector(day(1), **{name: value for name, value in row.items() if isinstance(value, float)})

    assert features["sent_count"] == 0.0
    assert features["open_rate"] == pytest.approx(0.2)
    assert math.isnan(features["days_since_last_contact"])
    assert math.isnan(features["conversion_share"])
