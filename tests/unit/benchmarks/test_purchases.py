"""What the comparison on purchases rests on: days as purchases, and figures."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from benchmarks.purchases import figures
from benchmarks.purchases.days import days_of, lines_of
from benchmarks.purchases.forecast import Forecast
from benchmarks.purchases.rows import Rows, rows_from
from benchmarks.purchases.wanted import WANTED, told
from otokui.domain import DAY, Instant
from training.data.purchase_history import History


def history(*purchases: tuple[str, int, float]) -> History:
    """Return purchases as (customer, day, money)."""
    rows = [(customer, day * DAY, paid, day * DAY) for customer, day, paid in purchases]
    return History.of(pl.DataFrame(rows, schema=["customer_id", "purchased_at", "paid_amount", "known_at"], orient="row"))


def four() -> Rows:
    """Return four customers of day 10: two come back within ten days, one of them twice."""
    return rows_from(
        history(("a", 1, 5.0), ("b", 2, 5.0), ("b", 12, 7.0), ("c", 3, 5.0), ("c", 14, 1.0), ("c", 15, 2.0), ("d", 4, 5.0), ("e", 11, 9.0)),
        Instant(10 * DAY),
        10,
    )


class TestDays:
    def test_orders_of_one_day_are_one_purchase(self) -> None:
        """The day keeps its first order's id and time; another customer's order stays apart."""
        orders = pl.DataFrame(
            {
                "order_id": ["o2", "o1", "o3", "o4"],
                "customer_id": ["ada", "ada", "ada", "bob"],
                "ordered_at": [datetime(2011, 5, 1, 15), datetime(2011, 5, 1, 9), datetime(2011, 5, 2, 9), datetime(2011, 5, 1, 9)],
            }
        )

        merged, renamed = days_of(orders)

        assert sorted(merged.select("customer_id", "order_id", pl.col("ordered_at").dt.hour()).rows()) == [
            ("ada", "o1", 9),
            ("ada", "o3", 9),
            ("bob", "o4", 9),
        ]
        assert dict(renamed.rows()) == {"o1": "o1", "o2": "o1", "o3": "o3", "o4": "o4"}

    def test_returns_of_merged_lines_add_up(self) -> None:
        """Two orders of a day bought 3 and 5; 1 of the first comes back, then 2 of the second, then another of the first."""
        back = [None, None, datetime(2011, 5, 3), datetime(2011, 5, 4), datetime(2011, 5, 5)]
        lines = pl.DataFrame(
            {
                "order_id": ["o1", "o2", "o1", "o2", "o1"],
                "product_id": ["p"] * 5,
                "quantity": [3.0, 5.0, 3.0, 5.0, 3.0],
                "paid_amount": [30.0, 50.0, 30.0, 50.0, 30.0],
                "returned_quantity": [None, None, 1.0, 2.0, 2.0],
                "known_at": back,
            }
        )

        merged = lines_of(lines, pl.DataFrame({"order_id": ["o1", "o2"], "first_id": ["o1", "o1"]}))

        assert merged.select("order_id", "quantity", "paid_amount", "returned_quantity").rows() == [
            ("o1", 8.0, 80.0, None),
            ("o1", 8.0, 80.0, 1.0),
            ("o1", 8.0, 80.0, 3.0),
            ("o1", 8.0, 80.0, 4.0),
        ]


class TestFigures:
    def test_rows_hold_what_was_known_and_what_came(self) -> None:
        """Who first bought after the origin is not asked about; who did not come back waits for the whole horizon."""
        rows = four()

        assert rows.ids.tolist() == ["a", "b", "c", "d"]
        assert rows.count.tolist() == [0.0, 1.0, 2.0, 0.0]
        assert rows.spend.tolist() == [0.0, 7.0, 3.0, 0.0]
        assert rows.days.tolist() == [10.0, 2.0, 4.0, 10.0]

    def test_a_perfect_order_and_total_have_perfect_figures(self) -> None:
        """AUC and Gini reach one, bias and errors nought."""
        rows = four()
        said = Forecast("all-knowing", rows.count, mean=rows.count, median=rows.count, money=rows.spend, days=rows.days)

        found = {name: values[0] for name, values in figures.table([said], rows, (5, 10)).items()}

        assert [found[name] for name in ("AUC", "Gini, counts", "Gini, spend", "top 20% overlap")] == pytest.approx([1.0, 1.0, 1.0, 1.0])
        assert [found[name] for name in ("RMSE", "MAE of mean", "MAE of median", "bias", "days MAE")] == [0.0, 0.0, 0.0, 0.0, 0.0]
        assert found["log loss"] is None

    def test_a_peer_ranks_by_what_serves_it_best(self) -> None:
        """Chances upside down, numbers right: the peer is judged by its numbers."""
        rows = four()

        judged = figures.generous(Forecast("peer", -rows.count, mean=rows.count), rows)

        assert judged.rank.tolist() == [0.0, 1.0, 2.0, 0.0]

    def test_a_difference_whose_interval_holds_nought_is_a_tie(self) -> None:
        """Ahead and behind are said only when the whole interval says so."""
        verdicts = [figures.Difference("p", 0.1, low, high).verdict for low, high in ((-0.1, 0.2), (0.01, 0.2), (-0.2, -0.01))]

        assert verdicts == ["tie", "ahead", "behind"]

    def test_less_is_better_for_errors(self) -> None:
        """Ours errs by nothing, the peer by one purchase each: ahead by one, whoever is drawn."""
        rows = four()
        ours, peer = Forecast("ours", rows.count, mean=rows.count), Forecast("peer", rows.count, mean=rows.count + 1.0)
        everybody = [row for row in figures.FIGURES if row.name == "RMSE"]

        found = figures.differences(ours, [peer], rows, (5, 10), figures=everybody)["RMSE"]

        assert (found.ahead, found.low, found.high) == (1.0, 1.0, 1.0)
        assert np.isfinite(found.ahead)


class TestWanted:
    def test_what_is_shown_decides_whether_it_was_reached(self) -> None:
        """An AUC at its target is reached, one in the last shown digit below is missed; of an error, less is better."""
        at = WANTED["cdnow-39-weeks"]["AUC"]
        assert told("cdnow-39-weeks", "AUC", at, more_is_better=True, digits=4).endswith("reached")
        assert told("cdnow-39-weeks", "AUC", at - 0.0001, more_is_better=True, digits=4).endswith("missed")
        assert told("cdnow-39-weeks", "RMSE", 1.681, more_is_better=False, digits=3) == "at most 1.68: missed"

    def test_a_bias_is_judged_by_its_size(self) -> None:
        """Too low by more than five percent is as much missed as too high."""
        for bias, word in ((-0.19, "missed"), (0.06, "missed"), (-0.04, "reached")):
            assert told("cdnow-1998", "bias", bias, more_is_better=None, digits=3) == f"within 5%: {word}"

    def test_each_figure_named_is_one_of_the_table(self) -> None:
        """A target under a name that no row has would never be shown."""
        assert {name for figure in WANTED.values() for name in figure} <= {row.name for row in figures.FIGURES}
