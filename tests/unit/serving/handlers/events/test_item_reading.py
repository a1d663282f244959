"""Reading of items: each alone, and a no is never lost to a field beside it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from otokui.ports.inbox import InboxEntry
from serving.handlers.events.item_reading import ReadItem, entries_of, read_items

CONSENT = {
    "kind": "consent",
    "event_id": "e1",
    "customer_id": "ada",
    "channel": "email",
    "opted_in": False,
    "changed_at": "2025-04-01T00:00:00Z",
}


def read(*items: Any, may_import: bool = False) -> list[ReadItem]:
    """Items as they come over HTTP; of the aliases only that of ada is known."""
    raw = [msgspec.Raw(item if isinstance(item, bytes) else msgspec.json.encode(item)) for item in items]
    return entries_of(read_items(raw), lambda aliases: ["ada" if alias.id == "U1" else None for alias in aliases], may_import=may_import)


def entry(item: ReadItem) -> InboxEntry:
    """The entry that was read."""
    assert item.entry is not None, item.refusal
    return item.entry


class TestReadItems:
    def test_an_item_becomes_rows_of_its_tables(self) -> None:
        """An order brings its lines; the event id is the key."""
        (item,) = read(
            {
                "kind": "order",
                "event_id": "e1",
                "customer_id": "ada",
                "order_id": "o1",
                "ordered_at": "2025-04-01T12:00:00+09:00",
                "lines": [{"product_id": "tea", "quantity": 1, "paid_amount": "120.5"}],
            }
        )

        assert {table: len(rows) for table, rows in entry(item).rows.items()} == {"orders": 1, "order_lines": 1}
        assert (item.event_id, entry(item).source) == ("e1", "api")

    def test_the_order_of_fields_does_not_matter(self) -> None:
        """A retry that writes its fields otherwise is the same item."""
        turned = dict(reversed(CONSENT.items()))
        first, again = read(CONSENT, turned)

        assert entry(first).digest == entry(again).digest

    def test_an_unreadable_item_is_refused_alone(self) -> None:
        """The field at fault is named; the items beside it are read."""
        bad, good = read({"kind": "behaviour", "event_id": "e1", "customer_id": "ada", "type": "search", "occurred_at": "soon"}, CONSENT)

        assert bad.refusal is not None
        assert (bad.event_id, bad.refusal.rule, bad.refusal.column) == ("e1", "unreadable_item", "occurred_at")
        assert good.entry is not None

    @pytest.mark.parametrize(
        "changed",
        [
            {"changed_at": "soon"},
            {"changed_at": 7},
            {"event_id": ""},
            {"event_id": None},
            {"note": "x"},
            {"kind": "consents"},
            {"source": 3},
        ],
    )
    def test_a_refusal_that_cannot_be_read_is_passed_on_to_the_checks(self, changed: dict[str, Any]) -> None:
        """With the fields as they stand, and the mark that it holds only if it says no."""
        (item,) = read(CONSENT | changed)

        assert entry(item).rows["consents"][0]["opted_in"] is False
        assert entry(item).unreadable

    def test_a_suppression_that_cannot_be_read_is_passed_on(self) -> None:
        """Its times are those of the item."""
        (item,) = read(
            {"kind": "suppression", "event_id": "e1", "customer_id": "ada", "begins_at": "x", "ends_at": None, "reason": "asked"}
        )

        assert entry(item).rows["suppressions"][0] == {"customer_id": "ada", "channel": None, "reason": "asked", "from": "x", "until": None}

    def test_an_alias_stands_for_its_customer(self) -> None:
        """One that nobody knows is refused with what to do."""
        known, unknown = (
            {
                "kind": "behaviour",
                "event_id": id_,
                "alias": {"source": "line", "id": id_},
                "type": "app_open",
                "occurred_at": "2025-04-01T00:00:00Z",
            }
            for id_ in ("U1", "U2")
        )
        first, second = read(known, unknown)

        assert entry(first).rows["events"][0]["customer_id"] == "ada"
        assert second.refusal is not None
        assert second.refusal.rule == "unknown_alias"

    def test_only_an_import_says_when_an_item_was_known(self) -> None:
        """Elsewhere it is refused, not ignored."""
        dated = CONSENT | {"known_at": "2025-04-01T00:00:05Z"}
        (refused,), (kept,) = read(dated), read(dated, may_import=True)

        assert refused.refusal is not None
        assert refused.refusal.rule == "known_at_not_permitted"
        assert entry(kept).known_at == 1_743_465_605

    def test_ids_of_other_sources_are_qualified(self) -> None:
        """Two sources may number their events alike."""
        view = {"kind": "behaviour", "event_id": "7", "customer_id": "ada", "type": "search", "occurred_at": "2025-04-01T00:00:00Z"}
        own, other = read(view, view | {"source": "segment"})

        assert entry(own).rows["events"][0]["event_id"] == "7"
        assert entry(other).rows["events"][0]["event_id"] == "segment:7"
