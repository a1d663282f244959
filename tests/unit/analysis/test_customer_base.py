"""What the report says of the base, on shops small enough to count by hand."""

from __future__ import annotations

import polars as pl
import pytest

from analysis.customer_base import Month, Step, base_figures, concentration, decile_shares
from otokui.domain import DAY, Instant, parse_instant
from otokui.errors import Missing

START = parse_instant("2025-01-01", "Asia/Tokyo")


def purchases(*rows: tuple[str, float, float]) -> pl.DataFrame:
    """Purchases as (customer, days after 2025-01-01 in Tokyo, money)."""
    return pl.DataFrame(
        {
            "customer_id": [customer for customer, _, _ in rows],
            "purchased_at": [int(START + day * DAY) for _, day, _ in rows],
            "paid_amount": [money for _, _, money in rows],
        },
        schema={"customer_id": pl.String, "purchased_at": pl.Int64, "paid_amount": pl.Float64},
    )


def later(days: float) -> Instant:
    """An instant so many days after the start."""
    return Instant(int(START + days * DAY))


class TestBaseFigures:
    def test_counts_what_lies_before_the_instant_only(self) -> None:
        """A purchase at the very instant is not known yet."""
        base = base_figures(purchases(("ada", 0, 10.0), ("ada", 5, 20.0), ("bob", 10, 40.0)), later(10), "Asia/Tokyo")

        assert (base.customers, base.purchases, base.revenue) == (1, 2, 30.0)
        assert (base.first_at, base.last_at) == (later(0), later(5))

    def test_without_purchases_says_what_to_bring(self) -> None:
        """An empty shop is not a division by zero."""
        with pytest.raises(Missing, match="otokui ingest"):
            base_figures(purchases(), later(10), "Asia/Tokyo")

    def test_steps_from_one_purchase_to_the_next(self) -> None:
        """Two of three came back, after 10 and 20 days; one of those once more, after 5."""
        base = base_figures(
            purchases(("ada", 0, 1.0), ("ada", 10, 1.0), ("ada", 15, 1.0), ("bob", 0, 1.0), ("bob", 20, 1.0), ("cat", 3, 1.0)),
            later(30),
            "Asia/Tokyo",
        )

        assert base.steps == [
            Step(1, 3, 2, 15.0, 12.5, 17.5),
            Step(2, 2, 1, 5.0, 5.0, 5.0),
            Step(3, 1, 0, None, None, None),
        ]

    def test_the_second_purchase_counts_only_those_who_had_time_for_it(self) -> None:
        """Ada returned within 90 days, bob after 91, cat came a week ago and is not counted."""
        base = base_figures(
            purchases(("ada", 0, 1.0), ("ada", 89, 1.0), ("bob", 0, 1.0), ("bob", 91, 1.0), ("cat", 95, 1.0)), later(100), "Asia/Tokyo"
        )

        assert base.second_share == 0.5

    def test_a_young_shop_has_no_second_purchase_rate(self) -> None:
        """Unknown is not zero."""
        assert base_figures(purchases(("ada", 0, 1.0)), later(10), "Asia/Tokyo").second_share is None

    def test_months_are_local_and_none_is_left_out(self) -> None:
        """Midnight in Tokyo belongs to the new month; an empty month is a column of its own."""
        base = base_figures(purchases(("ada", 30.9, 5.0), ("ada", 31.0, 6.0), ("bob", 60, 7.0)), later(100), "Asia/Tokyo")

        assert base.months == [Month("2025-01", 1, 0, 5.0), Month("2025-02", 0, 1, 6.0), Month("2025-03", 1, 0, 7.0)]

    def test_gaps_fall_into_bins(self) -> None:
        """A bin holds its lower edge."""
        rows = [("ada", day, 1.0) for day in (0.0, 0.5, 1.5, 8.5, 500.0)]

        base = base_figures(purchases(*rows), later(600), "Asia/Tokyo")

        assert [(label, count) for label, count in base.gap_bins if count] == [("<1", 1), ("<3", 1), ("<14", 1), ("≥365", 1)]


class TestConcentration:
    def test_the_best_tenth(self) -> None:
        """One customer of ten brings half of the money."""
        assert decile_shares(pl.Series([1.0] * 9 + [9.0]))[0] == 0.5

    def test_the_curve_begins_at_none_and_ends_at_all(self) -> None:
        """Those who spend most come first."""
        assert concentration(pl.Series([1.0, 3.0])) == [(0.0, 0.0), (0.5, 0.75), (1.0, 1.0)]

    def test_a_shop_without_money_has_no_deciles(self) -> None:
        """Samples and gifts only: nothing is divided by zero."""
        assert decile_shares(pl.Series([0.0, 0.0])) == []
