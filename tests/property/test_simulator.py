"""What must always hold of a simulated shop: twins, the same bytes, the law."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from simulator.policies import POLICIES
from simulator.sends import Day, Sends
from simulator.settings.contact_settings import ResponseSettings
from simulator.settings.world_settings import WorldSettings
from simulator.world import World
from tests.unit.simulator.shops import CHANNELS, MESSAGES, SETTINGS, shop, table

SILENT = WorldSettings(
    response=ResponseSettings(strength=0.0, annoyance=30.0, complaint_share=0.5, unsubscribe_mark=1.0, complaint_mark=1.0)
)
"""Contact has no strength, but would end every purchase of who unsubscribes if it had."""
HAPPENED = ("occurred_at", "ordered_at", "delivered_at", "opened_at", "clicked_at", "converted_at", "unsubscribed_at")
PURCHASES = ("orders", "order_lines", "customers", "products")


def any_sends(world: World, draw: int, many: int) -> Sends:
    """Contacts to anybody over anything, consent or not: a policy that knows no rule."""
    random = np.random.default_rng(draw)
    text = np.full(many, "x", dtype=object)
    return Sends(
        random.integers(0, len(world.people), many), random.integers(0, len(MESSAGES), many), random.integers(0, len(CHANNELS), many),
        world.now + random.integers(0, 3 * 86_400, many), text, np.ones(many), text,
    )  # fmt: skip


def lived(world: World, days: int, draw: int | None, many: int = 60) -> list[Day]:
    return [world.live(Sends.none() if draw is None else any_sends(world, draw + d, many)) for d in range(days)]


def told(days: list[Day], name: str) -> pl.DataFrame:
    """A table without the coupon, which is the shop's doing and not the customer's."""
    frame = table(days, name)
    return frame.drop("coupon_id") if name == "orders" else frame


class TestTwins:
    @settings(max_examples=6, deadline=None)
    @given(draw=st.integers(0, 10_000), seed=st.integers(0, 1_000), many=st.integers(0, 200))
    def test_where_contact_does_nothing_purchases_are_the_same_under_any_policy(self, draw: int, seed: int, many: int) -> None:
        """Byte for byte: orders, lines, customers, products."""
        base = shop(SILENT, customers=120, seed=seed, days=60)
        silent, loud = lived(base.fork(), 25, None), lived(base, 25, draw, many)

        for name in PURCHASES:
            assert_frame_equal(told(silent, name), told(loud, name))

    @settings(max_examples=4, deadline=None)
    @given(draw=st.integers(0, 10_000), part=st.integers(2, 5))
    def test_a_contact_changes_nothing_for_anybody_else(self, draw: int, part: int) -> None:
        """Whoever was not contacted has the same profit, to the last bit, in both worlds; the contacted have another."""
        base = shop(customers=400, seed=3, days=60)
        twin = base.fork()
        contacted, silent = np.zeros(400), np.zeros(400)
        for day in range(25):
            whole = any_sends(base, draw + day, 200)
            contacted += base.live(whole.take(whole.customer % part == 0)).profit
            silent += twin.live(Sends.none()).profit

        others = np.arange(400) % part != 0
        assert (contacted[others] == silent[others]).all()
        assert (contacted[~others] != silent[~others]).any()

    def test_a_fork_leaves_the_world_as_it_was(self) -> None:
        """What happens in the twin does not happen here."""
        one, other = shop(customers=150, days=40), shop(customers=150, days=40)
        twin = one.fork()
        lived(twin, 15, 5)

        for mine, theirs in zip(lived(one, 15, 9), lived(other, 15, 9), strict=True):
            for name in mine.tables:
                assert_frame_equal(mine.tables[name], theirs.tables[name])
            assert (mine.profit == theirs.profit).all()

    def test_contacts_do_something_where_they_should(self) -> None:
        """The twin test can fail: with strength, the same sends change purchases."""
        base = shop(customers=300, seed=1, days=120)
        silent, loud = lived(base.fork(), 40, None), lived(base, 40, 1, 60)

        assert not told(silent, "orders").equals(told(loud, "orders"))


@pytest.mark.parametrize("name", sorted(POLICIES))
class TestPolicies:
    def test_nothing_is_sent_without_consent_nor_in_quiet_hours(self, name: str) -> None:
        """Replayed from the shop's own records: the last word of the customer on that channel was yes, before the send."""
        world = shop(customers=250, seed=11)
        days = [world.live(POLICIES[name](world)) for _ in range(90)]
        contacts = table(days, "contacts").unique("contact_id", keep="first").sort("sent_at")
        consents = table(days, "consents").sort("changed_at")

        last = contacts.join_asof(
            consents.select("customer_id", "channel", "opted_in", changed_at="changed_at"),
            left_on="sent_at", right_on="changed_at", by=["customer_id", "channel"], check_sortedness=False,
        )  # fmt: skip

        assert name == "none" or len(contacts) > 50
        assert last["opted_in"].fill_null(value=False).all()
        quiet = {c.name: (c.quiet_from_hour, c.quiet_until_hour) for c in SETTINGS.channels}
        local = contacts.select("channel", hour=pl.col("sent_at").dt.convert_time_zone("Asia/Tokyo").dt.hour())
        assert all(quiet[c][1] <= hour < quiet[c][0] for c, hour in local.iter_rows())
        assert contacts["action_probability"].is_between(0.0, 1.0).all()

    def test_a_complaint_is_the_end(self, name: str) -> None:
        """Who complained is on the blacklist and gets nothing more."""
        world = shop(WorldSettings(response=ResponseSettings(annoyance=40.0, complaint_share=0.5)), customers=250, seed=11)
        days = [world.live(POLICIES[name](world)) for _ in range(90)]
        stops = table(days, "suppressions").select("customer_id", stopped="from")
        after = table(days, "contacts").join(stops, on="customer_id").filter(pl.col("sent_at") > pl.col("stopped"))

        assert name == "none" or len(stops) > 0
        assert len(after) == 0


class TestRecords:
    @settings(max_examples=5, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_the_same_seed_makes_the_same_records(self, seed: int) -> None:
        """All tables, all columns."""
        one, other = lived(shop(customers=80, seed=seed), 20, 4), lived(shop(customers=80, seed=seed), 20, 4)

        for name in one[0].tables:
            assert_frame_equal(table(one, name), table(other, name))

    def test_no_day_tells_of_another(self) -> None:
        """Everything a day brings became known on it, and none of its times lie beyond its end."""
        world = shop(customers=300, seed=2)
        for _ in range(80):
            begin = world.now
            day = world.live(POLICIES["random"](world))
            for frame in day.tables.values():
                known = frame["known_at"].dt.epoch("s")
                assert ((known >= begin) & (known < world.now)).all()
                told = [c for c in HAPPENED if c in frame.columns]
                for column in told:
                    assert (frame[column] <= frame["known_at"]).fill_null(value=True).all()
