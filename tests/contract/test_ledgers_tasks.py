"""The work list: human actions are tasks, one member of staff has one, and what came of it is a contact that counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.inbox.work_list import LedgerWorkList
from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, HOUR, Instant
from otokui.errors import BadInput, Conflict, Missing
from otokui.ports.changes import FeedPosition
from otokui.ports.tasks import TaskState
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from otokui.settings.records import RecordSettings
from tests.contract.ledgers import NOW, consents, place, url_of
from tests.places import taken

CALL = Channel(name="call", title="Call", title_ja="電話", kind="human", cap=1, cap_days=60, capacity_per_day=2)
STAY = Message(
    message_id="stay",
    scenario="stay",
    title="Stay",
    title_ja="継続",
    objective="retention",
    channels=("call",),
    human=True,
    cap=9,
    cap_days=7,
)
LATER = Instant(NOW + HOUR)


@dataclass
class Desk:
    """A ledger and its work list."""

    ledger: SqlLedger
    work_list: LedgerWorkList
    inbox: LedgerInbox

    def reserve(self, *customers: str, as_of: int = NOW) -> list[bool]:
        """Take a place for a call to each customer."""
        wanted = [
            place(f"t-{c}", customer_id=c, message_id="stay", channel="call", send_at=as_of, valid_until=as_of + DAY) for c in customers
        ]
        return taken(self.ledger, wanted, as_of)

    def states(self, now: int = LATER, *states: TaskState) -> dict[str, str]:
        """The tasks with their states."""
        return {task.task_id: task.state.value for task in self.work_list.tasks(Instant(now), states)}


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """Each real ledger in turn: two calls a day, one per customer in sixty days."""
    url = url_of(request, tmp_path)
    with open_ledger(url, channels=(CALL,), messages=(STAY,), contact_cap=9, contact_cap_days=7) as ledger:
        inbox = LedgerInbox(ledger, EntryChecks(RecordSettings(), "UTC"), "UTC")
        yield Desk(ledger, LedgerWorkList(ledger, inbox), inbox)


class TestTasks:
    def test_a_decision_over_a_human_channel_is_a_task_and_no_message(self, desk: Desk) -> None:
        """Nobody sends it; the capacity of the day counts."""
        assert desk.reserve("ada", "bob", "cy") == [True, True, False]

        assert desk.states() == {"t-ada": "open", "t-bob": "open"}
        assert desk.ledger.outbox.changes(FeedPosition(), now=LATER, window_seconds=DAY, limit=9).changes == ()

    def test_one_member_of_staff_has_a_task(self, desk: Desk) -> None:
        """Taking it again changes nothing; another one comes too late."""
        desk.reserve("ada")
        first = desk.work_list.take_task("t-ada", "s-1", LATER)

        assert desk.work_list.take_task("t-ada", "s-1", Instant(LATER + 5)) == first
        with pytest.raises(Conflict, match="taken"):
            desk.work_list.take_task("t-ada", "s-2", LATER)
        with pytest.raises(Conflict):
            desk.work_list.finish_task("t-ada", "s-2", TaskState.DONE, LATER)
        with pytest.raises(Missing):
            desk.work_list.take_task("t-nobody", "s-1", LATER)

    def test_what_nobody_did_lapses(self, desk: Desk) -> None:
        """It is no longer on the list, and cannot be taken."""
        desk.reserve("ada")

        assert desk.states(NOW + 2 * DAY) == {}
        assert desk.states(NOW + 2 * DAY, TaskState.LAPSED) == {"t-ada": "lapsed"}
        with pytest.raises(Conflict, match="lapsed"):
            desk.work_list.take_task("t-ada", "s-1", Instant(NOW + 2 * DAY))

    def test_whatever_says_no_withdraws_the_task(self, desk: Desk) -> None:
        """Also one that somebody has taken."""
        desk.reserve("ada", "bob")
        desk.work_list.take_task("t-bob", "s-1", LATER)

        desk.ledger.import_consents(consents(("ada", "call", False, NOW + 5), ("bob", "call", False, NOW + 5)))

        assert desk.states() == {}
        assert desk.states(LATER, TaskState.WITHDRAWN) == {"t-ada": "withdrawn", "t-bob": "withdrawn"}
        with pytest.raises(Conflict, match="withdrawn"):
            desk.work_list.take_task("t-ada", "s-1", LATER)

    def test_tasks_are_forgotten_a_week_after_they_lapsed(self, desk: Desk) -> None:
        """The list stays small."""
        desk.reserve("ada")

        assert desk.ledger.outbox.forget_changes(Instant(NOW + 9 * DAY)) == 1


class TestOutcomes:
    @pytest.mark.parametrize(
        ("outcome", "delivered"), [(TaskState.DONE, True), (TaskState.DECLINED, True), (TaskState.NOT_REACHED, False)], ids=str
    )
    def test_it_is_a_contact_for_caps_and_records(self, desk: Desk, outcome: TaskState, delivered: bool) -> None:
        """Once, however often it is reported; the reservation counts no longer, the contact does."""
        desk.reserve("ada")
        desk.work_list.take_task("t-ada", "s-1", LATER)
        for _ in range(2):
            assert desk.work_list.finish_task("t-ada", "s-1", outcome, LATER).state is outcome

        (entry,) = desk.inbox.after(0)
        (row,) = entry.rows["contacts"]
        assert (row["decision_id"], row["channel"], row.get("delivered_at") is not None) == ("t-ada", "call", delivered)
        state = desk.ledger.contact_state(["ada"], Instant(LATER + 5))
        assert (state.channel_contacts.tolist(), state.contacts_in_period.tolist()) == ([[1]], [1])
        assert taken(desk.ledger, [place("t-2", message_id="stay", channel="call", valid_until=NOW + 9 * DAY)], NOW + 2 * DAY) == [False]

    def test_an_outcome_is_not_changed(self, desk: Desk) -> None:
        """Nor is another member of staff's."""
        desk.reserve("ada")
        desk.work_list.finish_task("t-ada", "s-1", TaskState.DONE, LATER)

        for staff, outcome in (("s-1", TaskState.DECLINED), ("s-2", TaskState.DONE)):
            with pytest.raises(Conflict, match="done"):
                desk.work_list.finish_task("t-ada", staff, outcome, LATER)
        with pytest.raises(BadInput):
            desk.work_list.finish_task("t-ada", "s-1", TaskState.LAPSED, LATER)

    def test_who_opts_out_is_not_called_again(self, desk: Desk) -> None:
        """At once, on the channel."""
        desk.reserve("ada")

        desk.work_list.finish_task("t-ada", "s-1", TaskState.DECLINED, LATER, opts_out=True)

        assert desk.ledger.contact_state(["ada"], Instant(LATER + 5)).refused.tolist() == [[1]]  # type: ignore[union-attr]

    def test_a_call_that_was_made_counts_though_its_task_lapsed(self, desk: Desk) -> None:
        """What happened is on record."""
        desk.reserve("ada")

        assert desk.work_list.finish_task("t-ada", "s-1", TaskState.DONE, Instant(NOW + 2 * DAY)).state is TaskState.DONE
        assert desk.ledger.contact_state(["ada"], Instant(NOW + 3 * DAY)).channel_contacts.tolist() == [[1]]
