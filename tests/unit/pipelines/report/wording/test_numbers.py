"""Numbers and axes as people read them."""

from __future__ import annotations

import math

import pytest

from otokui.domain import Instant
from pipelines.report.chart_kinds import nice_top
from pipelines.report.wording.numbers import Formats

EN = Formats("en", "USD", "UTC")
JA = Formats("ja", "JPY", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0%"), (0.0004, "<0.1%"), (0.0123, "1.2%"), (0.0999, "10%"), (0.42, "42%"), (0.998, "99.8%"), (0.99999, "99.9%"), (1.0, "100%")],
)
def test_a_share_that_is_not_none_or_all_never_reads_so(value: float, shown: str) -> None:
    """One customer in ten thousand is not 0%."""
    assert EN.share(value) == shown


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_not_known_is_a_dash(value: float | None) -> None:
    """Neither nan nor None stands on a page."""
    assert {EN.number(value), EN.share(value), EN.money(value), EN.days(value)} == {"–"}


def test_money_has_the_habits_of_its_currency() -> None:
    """Yen have no cents; a currency without a sign is named."""
    assert (EN.money(12.5), EN.money(-1234.5), JA.money(1234.5)) == ("$12.50", "-$1,234", "¥1,234")
    assert Formats("en", "SEK", "UTC").money(5.0) == "SEK 5.00"


def test_axes_are_short_in_either_language() -> None:
    """Japanese counts in ten thousands."""
    assert (EN.short(1_250_000), EN.short(5_000), EN.short(2.5)) == ("1.25M", "5k", "2.5")
    assert (JA.short(125_000), JA.short(5_000), JA.short(2.5)) == ("12.5万", "5,000", "2.5")


def test_times_are_local() -> None:
    """Midnight UTC is nine in the morning in Tokyo."""
    assert (JA.moment(Instant(0)), EN.date(Instant(0)), JA.date(None)) == ("1970-01-01 09:00", "1970-01-01", "–")


@pytest.mark.parametrize(("value", "top"), [(0.0, 1.0), (math.nan, 1.0), (math.inf, 1.0), (7.0, 10.0), (23.0, 25.0), (0.31, 0.4)])
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    """Whatever comes in, there is an axis."""
    assert nice_top(value) == pytest.approx(top)
