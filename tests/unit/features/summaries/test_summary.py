"""Facts from records, table by table."""

import pytest

from features.summaries.summary import SUMMARY, merge, summarise, summary_names
from otokui.domain import CutoffDate
from otokui.errors import BadInput
from tests.builders import Row, contact, customer, day, delivery, event, line, order, outcome, product, records, table

END = CutoffDate(day(100))


def facts(customer_id: str = "ada", cutoff: CutoffDate = END, **tables: list[Row]) -> dict[str, float | None]:
    """Return the summary of one customer."""
    return table(summarise(records(**tables), cutoff))[customer_id]


class TestPurchases:
    def test_an_order_is_one_purchase(self) -> None:
        """Two lines of one order and one of another."""
        row = facts(order_lines=[line(day(1)), line(day(1), product_id="cup", paid_amount=50.0), line(day(3), paid_amount=20.0)])

        assert row["purchase_count"] == 2.0
        assert row["line_count"] == 3.0
        assert row["paid_sum"] == 170.0
        assert row["paid_max"] == 150.0
        assert row["paid_min"] == 20.0
        assert row["paid_square_sum"] == 22_900.0
        assert (row["first_purchase_at"], row["last_purchase_at"]) == (day(1), day(3))
        assert [row[f"purchase_at_{k}"] for k in (1, 2, 3)] == [day(3), day(1), None]
        assert [row[f"paid_at_{k}"] for k in (1, 2, 3)] == [20.0, 150.0, None]

    def test_of_nine_purchases_the_newest_eight_are_kept(self) -> None:
        """The first falls out of the list but not out of the counts."""
        row = facts(order_lines=[line(day(at), paid_amount=float(at)) for at in range(1, 10)])

        assert [row[f"paid_at_{k}"] for k in range(1, 9)] == [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0]
        assert row["purchase_count"] == 9.0

    def test_purchases_of_one_second_go_by_money(self) -> None:
        """Two orders at once: the larger first, whichever came in first."""
        at_once = [line(day(1), order_id="a", paid_amount=10.0), line(day(1), order_id="b", paid_amount=30.0)]

        assert facts(order_lines=at_once)["paid_at_1"] == facts(order_lines=at_once[::-1])["paid_at_1"] == 30.0

    def test_season_weekend_and_hour(self) -> None:
        """Noon of Wednesday the first of January, and midnight of Saturday the fifth of July."""
        row = facts(order_lines=[line(day(0)), line(day(185, 0))], cutoff=CutoffDate(day(300)))

        assert [row[f"purchase_quarter_{q}"] for q in (1, 2, 3, 4)] == [1.0, 0.0, 1.0, 0.0]
        assert row["weekend_purchase_count"] == 1.0
        assert [row[f"purchase_weekday_{d}"] for d in range(1, 8)] == [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0]
        assert [row[f"active_hour_{k}"] for k in range(8)] == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
        assert [row[f"purchase_hours_{k}"] for k in range(8)] == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]

    def test_a_cancelled_order_is_no_purchase_but_a_record(self) -> None:
        """Its customer is known; nothing was bought."""
        row = facts(order_lines=[line(day(1), cancelled_at=day(2), returned_quantity=1.0)], orders=[order(day(1), cancelled_at=day(2))])

        assert row["has_record"] == 1.0
        assert row["purchase_count"] == row["paid_sum"] == row["line_count"] == row["returned_quantity_sum"] == 0.0
        assert row["cancelled_count"] == 1.0
        assert row["last_purchase_at"] is None

    def test_a_cancellation_to_come_is_not_known_yet(self) -> None:
        """Cancelled after the cut-off: still a purchase, even where the source let the time through."""
        row = facts(order_lines=[line(day(1), cancelled_at=day(100))], orders=[order(day(1), cancelled_at=day(100), place="ec")])

        assert row["purchase_count"] == row["place_ec_count"] == 1.0
        assert row["cancelled_count"] == 0.0


class TestBasket:
    def test_list_price_and_sale(self) -> None:
        """One at list price, one reduced, one of unknown list price."""
        row = facts(
            order_lines=[
                line(day(1), list_amount=100.0),
                line(day(2), list_amount=150.0, quantity=2.0, returned_quantity=1.0),
                line(day(3)),
            ]
        )

        assert row["list_sum"] == 250.0
        assert row["discount_sum"] == 50.0
        assert row["listed_paid_sum"] == 200.0
        assert row["discounted_paid_sum"] == 100.0
        assert row["quantity_sum"] == 4.0
        assert row["returned_quantity_sum"] == 1.0

    def test_products_give_categories_margin_novelty_and_replenishment(self) -> None:
        """Tea costs 60, was launched on day 0, lasts 30 days; of the cup nothing is known."""
        tea = product("tea", unit_cost=60.0, launched_at=day(0), replenish_days=30.0)
        row = facts(order_lines=[line(day(10)), line(day(70), quantity=2.0), line(day(5), product_id="cup")], products=[tea])

        assert row["category_spend_1"] == row["brand_spend_2"] == row["taste_spend_3"] == 200.0
        assert row["category_spend_0"] == 0.0
        assert row["costed_paid_sum"] == 200.0
        assert row["margin_sum"] == 20.0
        assert row["new_arrival_paid_sum"] == 100.0
        assert row["replenish_due_at"] == day(130)
        assert row["paid_sum"] == 300.0


class TestOrdersAndDeliveries:
    def test_places_coupons_and_what_is_brought(self) -> None:
        """Online with a coupon, by phone, in a store."""
        row = facts(orders=[order(day(1), place="ec", coupon_id="k"), order(day(2), place="phone"), order(day(3))])

        assert (row["place_ec_count"], row["place_store_count"], row["place_phone_count"]) == (1.0, 1.0, 1.0)
        assert row["coupon_count"] == 1.0
        assert row["deliverable_count"] == 2.0
        assert row["last_open_order_at"] == day(2)

    def test_deliveries(self) -> None:
        """One arrived after a day, one will after the cut-off."""
        row = facts(deliveries=[delivery(day(5)), delivery(day(100), known_at=day(99))])

        assert row["delivered_count"] == 1.0
        assert row["delivery_days_sum"] == 1.0
        assert row["last_delivered_at"] == day(5)
        assert row["delivered_order_at"] == day(4)


class TestTheRest:
    def test_events_by_type(self) -> None:
        """An unknown type is a visit, an enquiry is none."""
        row = facts(events=[event(day(1), "cart_add"), event(day(2), "dancing"), event(day(3), "enquiry")])

        assert (row["visit_count"], row["cart_add_count"], row["enquiry_count"]) == (2.0, 1.0, 1.0)
        assert (row["last_visit_at"], row["last_cart_add_at"], row["last_enquiry_at"]) == (day(2), day(1), day(3))
        assert row["last_search_at"] is None

    def test_contacts_and_outcomes(self) -> None:
        """By channel; what comes of them after the cut-off is not known; who was held back was sent nothing."""
        row = facts(
            contacts=[
                contact(day(1)),
                contact(day(2), channel="fax"),
                contact(day(3), group="control"),
                contact(day(4), group="scenario_control"),
            ],
            contact_outcomes=[
                outcome("opened", day(1, 21)),
                outcome("opened", day(1, 3), sent_at=day(1, 1)),
                outcome("machine_opened", day(1, 12)),
                outcome("clicked", day(100), known_at=day(2)),
            ],
        )

        assert (row["sent_email_count"], row["sent_other_count"], row["last_sent_at"]) == (1.0, 1.0, day(2))
        assert (row["opened_email_count"], row["machine_opened_email_count"], row["clicked_email_count"]) == (2.0, 1.0, 0.0)
        assert (row["active_hour_7"], row["active_hour_1"], row["active_hour_4"]) == (1.0, 0.0, 0.0)

    def test_the_newest_profile_counts(self) -> None:
        """A correction replaces the row; one known later than the cut-off does not."""
        versions = [customer(area_code=1), customer(area_code=2, known_at=day(5)), customer(area_code=3, known_at=day(100))]

        assert facts(customers=versions)["area_code"] == 2.0

    def test_everybody_with_any_record_has_a_row(self) -> None:
        """Somebody who only registered, or only looked, is a customer too."""
        rows = table(summarise(records(customers=[customer("zoe")], events=[event(customer_id="bob")]), END))

        assert sorted(rows) == ["bob", "zoe"]
        assert {row["has_record"] for row in rows.values()} == {1.0}


class TestAbsence:
    def test_what_has_no_table_is_unknown_and_what_has_no_row_is_zero(self) -> None:
        """Without an events table visits are null; with one, who is not in it has made none."""
        unknown = facts(order_lines=[line()])
        quiet = facts(order_lines=[line()], events=[event(customer_id="bob")])

        assert unknown["visit_count"] is None
        assert quiet["visit_count"] == 0.0
        assert quiet["last_visit_at"] is None

    def test_nothing_at_all_is_refused(self) -> None:
        """There is nobody to summarise."""
        with pytest.raises(BadInput, match="bring orders"):
            summarise(records(products=[product()]), END)


class TestMerge:
    def test_each_rule(self) -> None:
        """Sum, earliest, latest, newest profile, list of eight."""
        older = summarise(records(order_lines=[line(day(1))], customers=[customer(area_code=1, birth_year=1980)]), END)
        newer = summarise(records(order_lines=[line(day(3), paid_amount=7.0)], customers=[customer(area_code=2)]), END)

        row = table(merge(older, newer))["ada"]

        assert row["paid_sum"] == 107.0
        assert (row["first_purchase_at"], row["last_purchase_at"]) == (day(1), day(3))
        assert (row["area_code"], row["birth_year"]) == (2.0, 1980.0)
        assert [row[f"paid_at_{k}"] for k in (1, 2, 3)] == [7.0, 100.0, None]

    def test_who_is_in_one_half_only_is_kept(self) -> None:
        """Old customers who did nothing today, and new ones."""
        older = summarise(records(order_lines=[line(customer_id="bob")]), END)
        newer = summarise(records(order_lines=[line(customer_id="zoe")]), END)

        assert sorted(table(merge(older, newer))) == ["bob", "zoe"]


def test_names_are_the_columns_in_order() -> None:
    """The summary's columns are customer_id and the facts, nothing else."""
    assert summary_names() == tuple(fact.name for fact in SUMMARY)
    assert summarise(records(order_lines=[line()]), END).collect_schema().names() == ["customer_id", *summary_names()]
