"""What every inbox promises, on SQLite and PostgreSQL: items count once, refusals hold at once, nothing is overlooked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, NO, YES, Instant
from otokui.errors import Unavailable
from otokui.ports.inbox import InboxEntry, ItemStatus
from otokui.settings.records import RecordSettings
from tests.contract.ledgers import CHANNELS, MESSAGES, NOW, url_of

ACCEPTED, DUPLICATE, REFUSED = ItemStatus


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[SqlLedger, LedgerInbox]]:
    """Each database in turn: a ledger and the inbox in it, both empty."""
    url = url_of(request, tmp_path)
    with open_ledger(url, channels=CHANNELS, messages=MESSAGES, contact_cap=3, contact_cap_days=7) as ledger:
        yield ledger, LedgerInbox(ledger, EntryChecks(RecordSettings(), "Asia/Tokyo"), "Asia/Tokyo")


def at(seconds: int) -> datetime:
    """An instant as an item says it."""
    return datetime.fromtimestamp(seconds, UTC)


def view(event_id: str = "e1", *, digest: str = "d", customer_id: str = "ada", **more: Any) -> InboxEntry:
    """A page view an hour ago."""
    row = {"event_id": event_id, "customer_id": customer_id, "type": "page_view", "occurred_at": at(NOW - 3_600)}
    return InboxEntry("api", event_id, digest, {"events": [row | more]})


def consent(event_id: str, opted_in: object, *, changed_at: object = None, digest: str = "d", **more: Any) -> InboxEntry:
    """A consent of ada's over e-mail."""
    row = {"customer_id": "ada", "channel": "email", "opted_in": opted_in, "changed_at": changed_at or at(NOW - 60)}
    return InboxEntry("api", event_id, digest, {"consents": [row | more]})


class TestOnce:
    def test_an_item_counts_once_whatever_is_repeated(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """In one call, and in a later one; a repeat is a success."""
        _, inbox = opened
        first = inbox.take([view("e1"), view("e1"), view("e2")], NOW)
        again = inbox.take([view("e2")], Instant(NOW + 5))

        assert [result.status for result in first] == [ACCEPTED, DUPLICATE, ACCEPTED]
        assert [result.status for result in again] == [DUPLICATE]
        assert [entry.rows["events"][0]["event_id"] for entry in inbox.after(0)] == ["e1", "e2"]

    def test_another_body_under_the_id_is_refused_with_a_fix(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """It is neither swallowed nor stored."""
        _, inbox = opened
        inbox.take([view("e1")], NOW)
        (result,) = inbox.take([view("e1", digest="other", type="search")], NOW)

        assert (result.status, result.rule) == (REFUSED, "same_id_other_body")
        assert result.fix
        assert len(inbox.after(0)) == 1

    def test_two_sources_may_use_one_id(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """The key is source and id together."""
        _, inbox = opened
        line = InboxEntry("line", "e1", "d", view("line:e1").rows)

        assert [result.status for result in inbox.take([view("e1"), line], NOW)] == [ACCEPTED, ACCEPTED]

    def test_a_bad_item_refuses_no_other(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """The rule, the column and the fix are those of files."""
        _, inbox = opened
        results = inbox.take([view("e1"), view("e2", customer_id=""), view("e3")], NOW)

        assert [result.status for result in results] == [ACCEPTED, REFUSED, ACCEPTED]
        assert (results[1].rule, results[1].column) == ("missing_value", "customer_id")

    def test_a_purged_item_stays_a_duplicate_while_its_key_is_kept(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """A shop that repeats last week's calls doubles nothing."""
        _, inbox = opened
        inbox.take([view("e1"), view("e2")], NOW)
        last = inbox.last()
        assert inbox.purge(last, Instant(NOW + 1), Instant(NOW), keep=[last]) == 1
        assert [entry.sequence for entry in inbox.after(0)] == [last]
        assert inbox.take([view("e1")], NOW)[0].status is DUPLICATE

        inbox.purge(inbox.last(), Instant(NOW + 1), Instant(NOW + 1))
        assert inbox.last() == last
        assert inbox.take([view("e1")], NOW)[0].status is ACCEPTED
        assert inbox.last() == last + 1


class TestRefusalsAtOnce:
    def test_a_refusal_closes_the_channel_before_take_returns(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """Consent, suppression, and an unsubscribe of a contact."""
        ledger, inbox = opened
        sent = {"contact_id": "k1", "message_id": "news", "channel": "sms", "sent_at": at(NOW - DAY), "unsubscribed_at": at(NOW - 60)}
        inbox.take(
            [
                consent("e1", False),
                InboxEntry("api", "e2", "d", {"suppressions": [{"customer_id": "bob", "reason": "asked", "from": at(NOW - 60)}]}),
                InboxEntry("api", "e3", "d", {"contacts": [sent | {"customer_id": "cy"}]}),
            ],
            NOW,
        )
        state = ledger.contact_state(["ada", "bob", "cy"], NOW)

        assert state.consented[0, 0] == NO
        assert state.blacklisted[1].tolist() == [YES, YES]
        assert state.refused is not None
        assert state.refused[2, 1] != 0

    def test_a_yes_counts_too(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """From the second after it was received."""
        ledger, inbox = opened
        inbox.take([consent("e1", True)], NOW)

        assert ledger.contact_state(["ada"], Instant(NOW + 1)).consented[0, 0] == YES

    @pytest.mark.parametrize(
        "bad", [{"changed_at": "soon"}, {"opted_in": "perhaps"}, {"channel": None}, {"changed_at": at(NOW + 900 * DAY)}]
    )
    def test_a_no_with_a_bad_field_is_kept(self, opened: tuple[SqlLedger, LedgerInbox], bad: dict[str, Any]) -> None:
        """In its most forbidding reading, and the sender is told how it was read."""
        ledger, inbox = opened
        entry = consent("e1", False)
        (result,) = inbox.take([InboxEntry("api", "e1", "d", {"consents": [dict(entry.rows["consents"][0]) | bad]})], NOW)

        assert result.status is ACCEPTED
        assert result.rule
        assert ledger.contact_state(["ada"], NOW).consented[0, 0] == NO

    def test_a_no_under_a_used_id_is_kept(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """The sender is told of the conflict; the customer is left alone all the same, and the records learn it."""
        ledger, inbox = opened
        inbox.take([consent("e1", True)], NOW)
        (result,) = inbox.take([consent("e1", False, digest="other", changed_at=at(NOW))], NOW)
        repeated = inbox.take([consent("e1", False, digest="other", changed_at=at(NOW))], NOW)

        assert (result.status, result.rule) == (REFUSED, "same_id_other_body")
        assert repeated[0].status is REFUSED
        assert ledger.contact_state(["ada"], Instant(NOW + 1)).consented[0, 0] == NO
        assert [entry.rows["consents"][0]["opted_in"] for entry in inbox.after(0)] == [True, False]

    def test_nothing_is_stored_where_the_further_work_fails(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """Entries, contact state and what else belongs to them are one transaction."""
        ledger, inbox = opened

        def fail(connection: Connection, statuses: object) -> None:
            raise Unavailable("the disk is full", fix="make room")

        with pytest.raises(Unavailable):
            inbox.take([consent("e1", False)], NOW, also=fail)

        assert inbox.after(0) == []
        assert ledger.contact_state(["ada"], NOW).consented[0, 0] != NO


class TestReading:
    def test_entries_of_a_customer_come_with_those_of_the_orders(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """An update that names an order only is found through the order."""
        _, inbox = opened
        line = {"order_id": "o1", "product_id": "tea", "quantity": 1, "paid_amount": 100}
        bought = {"order_id": "o1", "customer_id": "ada", "ordered_at": at(NOW - 60)}
        arrived = {"order_id": "o1", "occurred_at": at(NOW - 30), "delivered_at": at(NOW - 30)}
        inbox.take(
            [
                InboxEntry("api", "e1", "d", {"order_updates": [arrived]}),
                InboxEntry("api", "e2", "d", {"orders": [bought], "order_lines": [line]}),
                view("e3", customer_id="bob"),
            ],
            NOW,
        )

        update, order, _ = (entry.sequence for entry in inbox.after(0))
        assert [entry.sequence for entry in inbox.of_customers(["ada"])] == [update, order]
        assert [entry.sequence for entry in inbox.of_customers([], ["o1"])] == [update, order]

    def test_a_reader_misses_nothing_while_many_write(self, opened: tuple[SqlLedger, LedgerInbox]) -> None:
        """Numbers become visible in their order: going on from the last one seen finds each entry exactly once."""
        _, inbox = opened
        seen: list[int] = []
        done = threading.Event()

        def read() -> None:
            while True:
                last_round = done.is_set()
                seen.extend(entry.sequence for entry in inbox.after(seen[-1] if seen else 0))
                if last_round:
                    return

        reader = threading.Thread(target=read)
        reader.start()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: inbox.take([view(f"e{n}-{i}") for i in range(5)], NOW), range(24)))
        done.set()
        reader.join()

        assert len(seen) == 120
        assert seen == sorted(set(seen))
