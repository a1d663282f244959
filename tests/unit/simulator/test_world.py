"""The hidden mechanisms, seen in what comes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from otokui.errors import BadInput, BadSettings
from simulator.customers.people import NEED, SALE
from simulator.customers.purchase_gaps import clock, rhythm
from simulator.settings.goods_settings import Subscription
from simulator.settings.world_settings import WorldSettings
from simulator.world import World
from simulator.worlds import load_world
from tests.unit.simulator.shops import sent, shop, table


@pytest.fixture(scope="module")
def lived() -> tuple[World, dict[str, pl.DataFrame]]:
    """A year of 1,500 customers without a contact."""
    world = shop(customers=1_500, seed=4)
    days = list(world.history(365))
    names = ("orders", "order_lines", "events", "products", "customers")
    return world, {name: table(days, name) for name in names}


def bought(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per order with the customer's place."""
    return (
        tables["orders"]
        .sort("known_at")
        .unique("order_id", keep="first")
        .with_columns(who=pl.col("customer_id").str.slice(1).cast(pl.Int64))
    )


class TestPurchases:
    def test_the_unconvinced_stop_at_the_wall(self, lived: tuple[World, Any]) -> None:
        """Far fewer of them than of the others come a second time."""
        world, _ = lived
        old = (world.people.arrival_day < 200) & ~world.people.prospect
        again = world.state.purchases >= 2
        unconvinced, convinced = (float(again[old & (world.people.unconvinced == yes)].mean()) for yes in (True, False))
        assert unconvinced < 0.55 * convinced

    def test_a_second_purchase_takes_the_wall_away(self) -> None:
        """The rate is held down at one purchase and no more at two."""
        world = shop(days=1)
        who = np.array([0])
        world.people.unconvinced[0], world.people.regular[0], world.state.last_purchase[0] = True, False, -60

        rates = []
        for purchases in (1, 2):
            world.state.purchases[0] = purchases
            rates.append(float(rhythm(world.settings, world.people, world.state, 1, who)[0]))

        assert rates[0] == pytest.approx(0.1, abs=0.01)
        assert rates[1] == pytest.approx(1.0, abs=0.01)

    def test_a_clock_is_quiet_early_and_loud_when_due(self) -> None:
        """At half of the own gap little, at the gap over twice the rate."""
        early, due, long_ago = clock(np.array([0.4, 1.1, 4.0]))
        assert early < 0.2
        assert due > 1.8
        assert long_ago == 0.5

    def test_the_sale_only_buy_below_list(self, lived: tuple[World, dict[str, pl.DataFrame]]) -> None:
        """More than twice as large a share of their lines as of the need-led."""
        world, tables = lived
        lines = tables["order_lines"].join(bought(tables).select("order_id", "who"), on="order_id")
        reduced = (lines["paid_amount"] < lines["list_amount"]).to_numpy()
        temper = world.people.temperament[lines["who"].to_numpy()]
        assert reduced[temper == SALE].mean() > 2 * reduced[temper == NEED].mean()

    def test_views_foreshadow_purchases_except_those_of_window_shoppers(self, lived: tuple[World, dict[str, pl.DataFrame]]) -> None:
        """In the three days after a visit others buy at least twice as often as those who only look."""
        world, tables = lived
        views = tables["events"].filter(pl.col("type") == "product_view").select(
            who=pl.col("customer_id").str.slice(1).cast(pl.Int64), at="occurred_at"
        ).sort("at")  # fmt: skip
        orders = bought(tables).select("who", bought_at="ordered_at").sort("bought_at")
        found = views.join_asof(orders, left_on="at", right_on="bought_at", by="who", strategy="forward", check_sortedness=False)
        soon = ((found["bought_at"] - found["at"]).dt.total_days() < 3).fill_null(value=False).to_numpy()
        idle = world.people.window_shopper[found["who"].to_numpy()]
        assert soon[~idle].mean() > 2 * soon[idle].mean()

    def test_nothing_is_sold_before_its_launch(self, lived: tuple[World, dict[str, pl.DataFrame]]) -> None:
        """Every line is of a product that was on sale."""
        _, tables = lived
        lines = tables["order_lines"].join(tables["orders"].select("order_id", "ordered_at"), on="order_id")
        sold = lines.join(tables["products"].select("product_id", "launched_at"), on="product_id", how="left")
        assert sold["launched_at"].null_count() == 0
        assert (sold["launched_at"] <= sold["ordered_at"]).all()

    def test_delivery_and_cancellation_exclude_each_other(self, lived: tuple[World, dict[str, pl.DataFrame]]) -> None:
        """And both come after the order."""
        _, tables = lived
        orders = tables["orders"]
        per = orders.group_by("order_id").agg(pl.col("delivered_at").max(), pl.col("cancelled_at").max(), pl.col("ordered_at").max())
        assert per.filter(pl.col("delivered_at").is_not_null() & pl.col("cancelled_at").is_not_null()).is_empty()
        assert (per["delivered_at"] >= per["ordered_at"]).fill_null(value=True).all()
        assert 0.005 < per["cancelled_at"].is_not_null().mean() < 0.03  # type: ignore[operator]  a share

    def test_enquiries_foreshadow_leaving(self, lived: tuple[World, dict[str, pl.DataFrame]]) -> None:
        """Those who left with omens enquired several times as often in the month before as customers do in any month."""
        world, tables = lived
        asks = tables["events"].filter(pl.col("type") == "enquiry")
        who = asks["customer_id"].str.slice(1).cast(pl.Int64).to_numpy()
        day = (asks["occurred_at"].dt.epoch("s").to_numpy() - world.start) // 86_400
        left = np.flatnonzero(world.state.omened & ~world.state.alive)
        near = (day >= world.state.leaves_on[who] - 30) & (day <= world.state.leaves_on[who]) & np.isin(who, left)
        stayed = np.isin(who, np.flatnonzero(world.state.alive))
        months = float(np.maximum(365 - world.people.arrival_day[world.state.alive], 0).sum()) / 30
        assert near.sum() / len(left) > 4 * stayed.sum() / months


class TestSubscriptions:
    def test_boxes_come_by_themselves_and_end_with_the_contract(self) -> None:
        """Every thirty days while it runs; an ended contract says when."""
        world = shop(WorldSettings(subscription=Subscription(share=1.0, term_days=60)), customers=200, seed=5)
        days = list(world.history(200))
        contracts = table(days, "contracts").sort("known_at").unique("contract_id", keep="last")

        assert 0 < contracts["cancelled_at"].is_not_null().sum() < len(contracts)
        assert (contracts["started_at"] < contracts["term_ends_at"]).all()
        assert len(table(days, "orders")["order_id"].unique()) > 3 * len(contracts)


class TestDoor:
    def test_sends_of_another_day_wait_for_it(self) -> None:
        """A contact for the day after tomorrow is sent then, once."""
        world = shop(days=80)
        who = np.flatnonzero(world.state.alive)[:5]
        days = [world.live(sent(world, who, hour=60) if d == 0 else sent(world, [])) for d in range(4)]
        assert [day.counts["contacts"] for day in days] == [0, 0, 5, 0]

    def test_a_send_to_nobody_is_refused(self) -> None:
        """Named by what is wrong with it."""
        world = shop()
        with pytest.raises(BadInput, match="customer 400 of 400"):
            world.live(sent(world, [400]))

    def test_a_misspelt_strength_stops_the_start(self, tmp_path: Any) -> None:
        """With file and key."""
        file = tmp_path / "mine.toml"
        file.write_text("[response]\nstrong = 1.0\n", encoding="utf-8")
        with pytest.raises(BadSettings, match="response.strong"):
            load_world(file)
