"""Checks of entries: the rules of files, one item at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from adapters.inbox.entry_checks import CheckedEntry, EntryChecks
from otokui.domain import DAY, Instant
from otokui.ports.inbox import InboxEntry
from otokui.settings.records import RecordSettings

NOW = Instant(1_780_000_000)
AT = datetime.fromtimestamp(NOW - 60, UTC)


def checked(*rows: dict[str, Any], table: str = "events", settings: RecordSettings | None = None, **more: Any) -> list[CheckedEntry]:
    """Entries of one row each."""
    checks = EntryChecks(settings or RecordSettings(), "Asia/Tokyo", on_record=lambda ids: {i for i in ids if i == "known@shop.example"})
    return checks.check([InboxEntry("api", str(i), "d", {table: [row]}, **more) for i, row in enumerate(rows)], NOW)


def view(**more: Any) -> dict[str, Any]:
    """A page view with dull defaults."""
    return {"event_id": "e1", "customer_id": "ada", "type": "page_view", "occurred_at": AT} | more


class TestEntryChecks:
    def test_rows_have_the_contracts_types(self) -> None:
        """Instants as seconds whatever their zone, decimals as numbers, ids in canonical form."""
        tokyo = AT.astimezone(timezone(timedelta(hours=9)))
        (one,) = checked(view(customer_id=" ada ", occurred_at=tokyo, value=Decimal("2.50")))

        assert one.rows == {
            "events": [
                {"event_id": "e1", "customer_id": "ada", "type": "page_view", "occurred_at": NOW - 60, "value": 2.5, "known_at": NOW}
            ]
        }
        assert (one.customer_id, one.visible_at) == ("ada", NOW)

    def test_an_import_says_when_it_was_known(self) -> None:
        """It then counts from that instant."""
        (one,) = checked(view(), known_at=Instant(NOW - 30))

        assert one.visible_at == NOW - 30
        assert one.rows["events"][0]["known_at"] == NOW - 30

    @pytest.mark.parametrize(
        ("row", "rule"),
        [
            (view(customer_id="ada@shop.example"), "personal_data"),
            (view(customer_id="a\x00b"), "not_an_id"),
            (view(occurred_at=datetime.fromtimestamp(NOW + 9 * DAY, UTC)), "from_the_future"),
            (view(type=None), "missing_value"),
            (view(value=float("inf")), "unparsable"),
        ],
    )
    def test_a_bad_row_names_its_rule(self, row: dict[str, Any], rule: str) -> None:
        """And the item beside it is fit."""
        bad, good = checked(row, view())

        assert bad.refusal is not None
        assert bad.refusal.rule == rule
        assert bad.rows == {}
        assert good.refusal is None

    def test_personal_data_in_an_optional_column_is_stripped(self) -> None:
        """The item stays, as a row of a file does."""
        (one,) = checked(view(source="Hanako Yamada <hanako@shop.example>"))

        assert "source" not in one.rows["events"][0]

    def test_a_column_named_like_personal_data_is_refused(self) -> None:
        """And any other unknown column too: what would be ignored is refused."""
        named, strange, attribute = checked(
            {"customer_id": "ada", "email": "x"},
            {"customer_id": "ada", "shoe_size": 40},
            {"customer_id": "ada", "rank": "gold"},
            table="customers",
            settings=RecordSettings(attributes=("rank",)),
        )

        assert named.refusal is not None
        assert named.refusal.rule == "personal_data"
        assert strange.refusal is not None
        assert (strange.refusal.rule, strange.refusal.column) == ("unknown_column", "shoe_size")
        assert attribute.rows["customers"][0]["rank"] == "gold"

    def test_what_others_send_changes_nothing(self) -> None:
        """Ids that look like telephone numbers are judged the same alone and among a hundred like them."""
        numbers = [view(customer_id=f"0901234{n:04}") for n in range(100)]

        assert checked(numbers[0])[0].refusal is None
        assert all(one.refusal is None for one in checked(*numbers))

    def test_a_refusal_under_a_customers_address_holds(self) -> None:
        """Where the shop has records under it: without it messages would go out."""
        row = {"channel": "email", "opted_in": False, "changed_at": AT}
        known, unknown = checked(row | {"customer_id": "known@shop.example"}, row | {"customer_id": "other@shop.example"}, table="consents")

        assert known.forbids
        assert unknown.refusal is not None
        assert unknown.refusal.rule == "refusal_lost"

    def test_an_unreadable_item_is_kept_only_where_it_says_no(self) -> None:
        """A yes with a field that cannot be read is refused by that field."""
        row = {"customer_id": "ada", "channel": "email", "changed_at": AT}
        (no,) = checked(row | {"opted_in": "no"}, table="consents", unreadable="note")
        (yes,) = checked(row | {"opted_in": "yes"}, table="consents", unreadable="note")

        assert no.refusal is None
        assert no.doubt is not None
        assert no.doubt.rule == "read_as_forbidding"
        assert yes.refusal is not None
        assert (yes.refusal.rule, yes.refusal.column) == ("unreadable_item", "note")

    def test_an_order_is_whole_or_refused(self) -> None:
        """A bad line refuses its order; an update is checked by the rules of orders."""
        order = {"order_id": "o1", "customer_id": "ada", "ordered_at": AT}
        lines = [{"order_id": "o1", "product_id": p, "quantity": 1, "paid_amount": paid} for p, paid in (("tea", 5), ("cup", -5))]
        update = {"order_id": "o1", "occurred_at": AT, "delivered_at": AT}
        checks = EntryChecks(RecordSettings(), "UTC")
        bad, updated = checks.check(
            [
                InboxEntry("api", "1", "d", {"orders": [order], "order_lines": lines}),
                InboxEntry(
                    "api", "2", "d", {"order_updates": [update], "returns": [{"order_id": "o1", "product_id": "tea", "occurred_at": AT}]}
                ),
            ],
            NOW,
        )

        assert bad.refusal is not None
        assert (bad.refusal.rule, bad.refusal.column, bad.rows) == ("below_minimum", "paid_amount", {})
        assert updated.rows["order_updates"] == [{"order_id": "o1", "occurred_at": NOW - 60, "delivered_at": NOW - 60, "known_at": NOW}]
