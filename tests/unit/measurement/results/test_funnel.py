"""The funnel: an order counts for one contact, machines are kept apart, control groups were sent nothing."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from statsmodels.stats.proportion import proportion_confint

from measurement.results.customer_lift import Frame, Period
from measurement.results.funnel import FunnelCounts, funnel, sends
from otokui.domain import DAY, Instant
from tests.unit.measurement.results.small_results import bought, frame

SINCE = 1_700_000_000
PERIOD = Period(Instant(SINCE), Instant(SINCE + 30 * DAY))
TIMES = ("sent_at", "delivered_at", "opened_at", "clicked_at", "unsubscribed_at", "complained_at", "bounced_at")
COLUMNS: dict[str, Any] = dict.fromkeys(("contact_id", "customer_id", "message_id", "channel", "group", "bounce_type"), pl.String)
COLUMNS |= dict.fromkeys(TIMES, pl.Int64) | {"machine_open": pl.Boolean}
WINDOWS = frame([{"message_id": "m", "window": 3 * DAY}], {"message_id": pl.String, "window": pl.Int64})


def contact(contact_id: str, customer_id: str, sent_at: int, **more: Any) -> dict[str, Any]:
    plain = dict.fromkeys(COLUMNS) | {"contact_id": contact_id, "customer_id": customer_id, "sent_at": sent_at}
    return plain | {"message_id": "m", "channel": "email"} | more


def counted(contacts: list[dict[str, Any]], paid: Frame) -> FunnelCounts:
    return funnel(sends(frame(contacts, COLUMNS), PERIOD, WINDOWS), paid, PERIOD, ("message_id", "channel"))["m", "email"]


def test_an_order_counts_for_the_last_contact_before_it() -> None:
    """An order counts for the last contact before it."""
    contacts = [contact("1", "a", SINCE), contact("2", "a", SINCE + DAY), contact("3", "b", SINCE)]
    made = counted(contacts, bought(("a", SINCE + 2 * DAY, 5.0), ("a", SINCE + 3 * DAY, 6.0), ("b", SINCE + 3 * DAY, 7.0)))
    assert (made.sent, made.converted, made.orders, made.revenue) == (3, 1, 2, 11.0)


def test_openings_by_machines_are_counted_apart_and_a_click_is_an_opening() -> None:
    """Openings by machines are counted apart and a click is an opening."""
    at = SINCE + 60
    contacts = [
        contact("1", "a", SINCE, opened_at=at, machine_open=True),
        contact("2", "b", SINCE, opened_at=at, machine_open=False),
        contact("3", "c", SINCE, clicked_at=at),
    ]
    made = counted(contacts, bought())
    assert (made.machine_opened, made.opened, made.clicked, made.delivered) == (1, 2, 1, 2)


def test_what_a_control_group_held_back_was_not_sent() -> None:
    """What a control group held back was not sent."""
    contacts = [contact("1", "a", SINCE), contact("2", "b", SINCE, group="control"), contact("3", "c", SINCE, group="scenario_control")]
    assert counted(contacts, bought()).sent == 1


def test_a_bounce_without_a_kind_is_hard() -> None:
    """A bounce without a kind is hard."""
    contacts = [contact("1", "a", SINCE, bounced_at=SINCE + 1), contact("2", "b", SINCE, bounced_at=SINCE + 1, bounce_type="soft")]
    made = counted(contacts, bought())
    assert (made.bounced_hard, made.bounced_soft) == (1, 1)


def test_unripe_contacts_are_no_base_of_conversion() -> None:
    """Unripe contacts are no base of conversion."""
    contacts = [contact("1", "a", SINCE), contact("2", "b", int(PERIOD.until) - DAY)]
    made = counted(contacts, bought(("a", SINCE + 1, 5.0), ("b", int(PERIOD.until) - 5, 5.0)))
    assert (made.ripe, made.converted, made.orders) == (1, 1, 2)


def test_rates_have_the_wilson_interval_of_statsmodels() -> None:
    """Rates have the wilson interval of statsmodels."""
    made = FunnelCounts(1_000, 900, 300, 0, 90, 800, 17, 17, 0.0, 3, 0, 5, 6)
    rate = made.rate("converted")
    assert rate is not None
    assert rate[1:] == pytest.approx(proportion_confint(17, 800, method="wilson"), rel=1e-9)


def test_a_rate_over_nothing_is_none() -> None:
    """A rate over nothing is none."""
    assert FunnelCounts(0, 0, 0, 0, 0, 0, 0, 0, 0.0, 0, 0, 0, 0).rate("converted") is None
