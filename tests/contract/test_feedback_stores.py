"""What every store of feedback promises, on SQLite and PostgreSQL: one contact row in any order, effects at once, nothing twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.feedback.ledger_feedback import LedgerFeedback
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, HOUR, YES, Instant
from otokui.events.feedback import ChannelCounts, ContactOutcome, Feedback
from otokui.frames import BOUNCED, COMPLAINED, OPTED_OUT, UNSUBSCRIBED
from otokui.ports.feedback_store import ChannelCount
from otokui.ports.inbox import ItemStatus
from otokui.ports.reservations import Reservation
from otokui.settings.records import RecordSettings
from tests.contract.ledgers import CHANNELS, MESSAGES, NOW, url_of

ACCEPTED, DUPLICATE, REFUSED = ItemStatus
LATER = Instant(NOW + 40 * HOUR)
AFTER = Instant(LATER + 1)


class Store:
    """A ledger, its inbox and its feedback."""

    def __init__(self, url: str) -> None:
        self.ledger: SqlLedger = open_ledger(url, channels=CHANNELS, messages=MESSAGES, contact_cap=3, contact_cap_days=7)
        self.inbox = LedgerInbox(self.ledger, EntryChecks(RecordSettings(), "Asia/Tokyo"), "Asia/Tokyo")
        self.feedback = LedgerFeedback(self.ledger, self.inbox)

    def reserve(self, decision_id: str = "d-1", customer_id: str = "ada", **more: Any) -> None:
        """A decision of NOW to send the news by e-mail in two hours."""
        place = Reservation(decision_id, customer_id, "news", "care", "email", Instant(NOW + 2 * HOUR), Instant(NOW + DAY), **more)
        (result,) = self.ledger.settle(decision_id, NOW, lambda take: {decision_id: take([place])[0]}).values()
        assert result

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the ledger's database."""
        with self.ledger.database[0].connect() as connection:
            return [dict(row) for row in connection.execute(text(query)).mappings()]

    def contacts(self) -> list[dict[str, Any]]:
        """Contacts as the ledger has them, without columns that are empty and those of the store itself."""
        rows = self.rows("SELECT * FROM contacts ORDER BY customer_id, contact_id")
        hidden = ("known_at", "revised_at", "local_offset")
        return [{k: v for k, v in row.items() if v is not None and not k.endswith("_known") and k not in hidden} for row in rows]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that decisions read, and the rows for the records by contact."""
        tables = {
            name: self.rows(f"SELECT * FROM {name} ORDER BY {order}")
            for name, order in (
                ("contacts", "1, 2"), ("consents", "1, 2, 3"), ("refusals", "1, 2, 3, 4"), ("reservations", "1"),
                ("channel_counts", "1, 2, 3, 4"), ("feedback", "1"),
            )
        }  # fmt: skip
        for row in tables["contacts"]:
            row["machine_open"] = None if row["machine_open"] is None else bool(row["machine_open"])
        newest = {row["contact_id"]: row for entry in self.inbox.after(0) for row in entry.rows.get("contacts", ())}
        return tables | {"records": [newest[name] for name in sorted(newest)]}

    def state(self, customer_id: str = "ada", as_of: Instant = AFTER) -> Any:
        """The contact state that the next decision reads."""
        return self.ledger.contact_state([customer_id], as_of)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each database in turn, empty."""
    made = Store(url_of(request, tmp_path))
    yield made
    made.ledger.close()


def told(outcome: str, hours: float = 3, event_id: str | None = None, **names: Any) -> Feedback:
    """An outcome some hours after NOW; by default of the contact of decision d-1."""
    names = names or {"decision_id": "d-1"}
    at = datetime.fromtimestamp(NOW + hours * HOUR, UTC)
    return Feedback(
        event_id=event_id or f"{outcome}-{hours}-{sorted(names.items())}", outcome=ContactOutcome(outcome), occurred_at=at, **names
    )


BY_NAMES = {"customer_id": "ada", "message_id": "news", "channel": "email"}


class TestContacts:
    @pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
    def test_every_name_and_order_leads_to_one_row(self, store: Store, order: tuple[int, ...]) -> None:
        """By decision, by the send engine's own id, by customer, message and channel: a click before the sending too."""
        store.reserve()
        items = [
            told("sent", 2, decision_id="d-1", contact_id="engine-7"),
            told("delivered", 2.1, **BY_NAMES),
            told("opened", 5, contact_id="engine-7"),
            told("clicked", 6, decision_id="d-1"),
        ]
        for at in order:
            assert [result.status for result in store.feedback.take([items[at]], LATER)] == [ACCEPTED]

        assert store.contacts() == [
            {
                "customer_id": "ada", "contact_id": "d-1", "message_id": "news", "channel": "email", "decision_id": "d-1",
                "sent_at": NOW + 2 * HOUR, "delivered_at": NOW + int(2.1 * HOUR), "opened_at": NOW + 5 * HOUR,
                "machine_open": False, "clicked_at": NOW + 6 * HOUR,
            }
        ]  # fmt: skip
        assert store.rows("SELECT dispatched_at AS at FROM reservations")[0]["at"] is not None

    def test_a_contact_of_the_send_engine_alone_keeps_its_id(self, store: Store) -> None:
        """What Otokui did not decide counts under the caps too; an outcome before its naming waits."""
        waits = store.feedback.take([told("opened", 5, contact_id="own-1")], LATER)
        assert [result.status for result in waits] == [ACCEPTED]
        assert store.contacts() == []

        store.feedback.take([told("sent", 2, contact_id="own-1", **BY_NAMES)], LATER)
        assert [(row["contact_id"], row["sent_at"], row["opened_at"]) for row in store.contacts()] == [
            ("own-1", NOW + 2 * HOUR, NOW + 5 * HOUR)
        ]
        assert store.state().contacts_in_period.tolist() == [1]

    def test_without_any_id_the_sending_names_the_contact(self, store: Store) -> None:
        """Two sendings of one message are two contacts, and an outcome belongs to the last before it."""
        items = [told("sent", hours, **BY_NAMES) for hours in (1, 20)] + [told("opened", hours, **BY_NAMES) for hours in (2, 21)]
        store.feedback.take(items, LATER)
        assert [row["opened_at"] - row["sent_at"] for row in store.contacts()] == [HOUR, HOUR]

    def test_machines_are_kept_apart(self, store: Store) -> None:
        """A machine's opening never hides a person's, and its click is none."""
        store.reserve()
        store.feedback.take(
            [told("opened", 3, decision_id="d-1", machine=True), told("clicked", 3, decision_id="d-1", machine=True)], LATER
        )
        (row,) = store.contacts()
        assert (row["opened_at"], row["machine_open"], "clicked_at" in row) == (NOW + 3 * HOUR, True, False)

        store.feedback.take([told("opened", 9)], LATER)
        (row,) = store.contacts()
        assert (row["opened_at"], row["machine_open"]) == (NOW + 9 * HOUR, False)


class TestEffects:
    @pytest.mark.parametrize("outcome", ["not_sent", "dropped", "failed"])
    def test_what_was_not_sent_frees_its_place(self, store: Store, outcome: str) -> None:
        """The cap has room again at once, and there is no contact."""
        store.reserve()
        assert store.state(as_of=Instant(NOW + 3 * HOUR)).contacts_in_period.tolist() == [1]
        store.feedback.take([told(outcome, 2)], Instant(NOW + 3 * HOUR))
        assert store.state(as_of=Instant(NOW + 3 * HOUR)).contacts_in_period.tolist() == [0]
        assert store.contacts() == []

    @pytest.mark.parametrize("first", ["sent", "failed"])
    def test_what_was_sent_after_all_counts(self, store: Store, first: str) -> None:
        """In whichever order the two came."""
        store.reserve()
        for outcome in (first, "failed" if first == "sent" else "sent"):
            store.feedback.take([told(outcome, 2)], LATER)
        assert store.state().contacts_in_period.tolist() == [1]

    @pytest.mark.parametrize(
        ("item", "bit"),
        [
            (told("unsubscribed"), UNSUBSCRIBED | OPTED_OUT),
            (told("complained"), COMPLAINED),
            (told("bounced"), BOUNCED),
            (told("bounced", decision_id="d-1", bounce_type="hard"), BOUNCED),
            (told("unsubscribed", contact_id="unheard-of", **BY_NAMES), UNSUBSCRIBED | OPTED_OUT),
        ],
    )
    def test_a_no_closes_the_channel_before_the_reply(self, store: Store, item: Feedback, bit: int) -> None:
        """A hard bounce (also one of no type), a complaint and an unsubscribe; the other channel stays as it was."""
        store.reserve()
        store.feedback.take([item], LATER)
        assert store.state().refused.tolist() == [[bit, 0]]

    def test_soft_bounces_close_it_at_the_third(self, store: Store) -> None:
        """Each of another contact, in a row."""
        for n in (1, 2, 3):
            assert store.state().refused.tolist() == [[0, 0]]
            store.feedback.take([told("bounced", n, contact_id=f"k{n}", bounce_type="soft", **BY_NAMES)], LATER)
        assert store.state().refused.tolist() == [[BOUNCED, 0]]

    def test_a_second_unsubscribe_counts_after_a_consent(self, store: Store) -> None:
        """The contact's row holds one time; the refusal holds the last."""
        store.reserve()
        store.feedback.take([told("complained", 3), told("unsubscribed", 3)], LATER)
        with store.ledger.database[0].begin() as connection:
            connection.execute(text(f"INSERT INTO consents VALUES ('ada', 'email', {NOW + 4 * HOUR}, true, {NOW + 4 * HOUR})"))
        assert store.state().consented.tolist()[0][0] == YES
        store.feedback.take([told("unsubscribed", 5)], LATER)
        assert store.state().refused.tolist()[0][0] & (OPTED_OUT | UNSUBSCRIBED)

    def test_rows_reach_the_records_once(self, store: Store) -> None:
        """The inbox holds the contact's row and the consent change, and a repeat adds nothing."""
        store.reserve()
        items = [told("sent", 2), told("unsubscribed", 4)]
        for _ in range(3):
            store.feedback.take(items, LATER)
        kept = [(table, len(rows)) for entry in store.inbox.after(0) for table, rows in entry.rows.items()]
        assert sorted(kept) == [("consents", 1), ("contacts", 1)]


class TestResults:
    def test_an_item_counts_once(self, store: Store) -> None:
        """Repeated in a call and in the next; another body under its id is refused with a fix."""
        store.reserve()
        results = store.feedback.take([told("opened", 3, "e"), told("opened", 3, "e"), told("opened", 4, "e")], LATER)
        assert [result.status for result in results] == [ACCEPTED, DUPLICATE, REFUSED]
        assert [result.status for result in store.feedback.take([told("opened", 3, "e")], LATER)] == [DUPLICATE]
        assert results[2].rule == "same_id_other_body"

    @pytest.mark.parametrize(
        ("names", "rule"),
        [
            ({"decision_id": "unheard-of"}, "unknown_decision"),
            ({"customer_id": "ada"}, "unnamed_contact"),
            ({"customer_id": "hana.sato@example.com", "message_id": "news", "channel": "email", "contact_id": "k"}, "personal_data"),
            ({"customer_id": "a\x00b", "message_id": "news", "channel": "email", "contact_id": "k"}, "not_an_id"),
        ],
    )
    def test_what_cannot_be_placed_is_refused_alone(self, store: Store, names: dict[str, Any], rule: str) -> None:
        """With the rule and a fix; the other items of the call are stored."""
        store.reserve()
        bad, good = store.feedback.take([told("opened", 3, **names), told("opened", 3)], LATER)
        assert (bad.status, bad.rule, bool(bad.fix), good.status) == (REFUSED, rule, True, ACCEPTED)


class TestCounts:
    def test_newer_counts_replace_earlier_ones_and_are_no_persons(self, store: Store) -> None:
        """By message, channel and day; no contact comes of them."""
        counts = {ContactOutcome.SENT: 10, ContactOutcome.CLICKED: 1}
        first = ChannelCounts(event_id="a", message_id="news", channel="line", day="2026-11-24", counts=counts)
        newer = ChannelCounts(event_id="b", message_id="news", channel="line", day="2026-11-24", counts={ContactOutcome.SENT: 12})
        store.feedback.take([first, first], NOW)
        assert [result.status for result in store.feedback.take([newer], LATER)] == [ACCEPTED]
        assert store.feedback.channel_counts("2026-11-01", "2026-12-01") == [
            ChannelCount("news", "line", "2026-11-24", ContactOutcome.SENT, 12)
        ]
        assert store.contacts() == []


STREAM = [
    *(told(outcome, hours) for outcome, hours in (("sent", 2), ("delivered", 2.1), ("opened", 4), ("opened", 9), ("clicked", 9.1))),
    told("opened", 3, decision_id="d-1", machine=True),
    told("not_sent", 1, decision_id="d-2"),
    told("sent", 2, decision_id="d-3"),
    told("failed", 2.2, decision_id="d-3"),
    told("sent", 3, contact_id="own", **BY_NAMES | {"customer_id": "bob"}),
    told("opened", 5, contact_id="own"),
    told("bounced", 3, contact_id="b1", bounce_type="soft", **BY_NAMES | {"customer_id": "cy"}),
    told("bounced", 4, contact_id="b1", **BY_NAMES | {"customer_id": "cy"}),
    told("complained", 6, contact_id="b1", **BY_NAMES | {"customer_id": "cy"}),
    told("complained", 8, contact_id="b1"),
    told("unsubscribed", 10, decision_id="d-3"),
    told("converted", 12),
]


def played(url: str, items: list[Feedback], sizes: list[int]) -> dict[str, list[dict[str, Any]]]:
    """The tables after these items came in this order, in calls of these sizes."""
    store = Store(url)
    try:
        for decision, customer in (("d-1", "ada"), ("d-2", "bob"), ("d-3", "eve")):
            store.reserve(decision, customer)
        rest, turn = list(items), 0
        while rest:
            size = sizes[turn % len(sizes)]
            store.feedback.take(rest[:size], LATER)
            rest, turn = rest[size:], turn + 1
        return store.tables()
    finally:
        store.ledger.close()


@pytest.fixture(scope="module")
def in_order() -> dict[str, list[dict[str, Any]]]:
    """The tables of a clean replay."""
    return played("sqlite:///:memory:", STREAM, [1])


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), doubled=st.lists(st.sampled_from(STREAM), max_size=20), sizes=st.lists(st.integers(1, 9), min_size=1))
def test_the_order_of_arrival_never_matters(in_order: Any, seed: int, doubled: list[Feedback], sizes: list[int]) -> None:
    """Shuffled, doubled and cut into calls as it likes, a stream gives the tables of its clean replay."""
    items = [*STREAM, *doubled]
    random.Random(seed).shuffle(items)
    tables = played("sqlite:///:memory:", items, sizes)
    for name, rows in in_order.items():
        assert tables[name] == rows, name
