"""No change is lost: a send engine that follows the cursor ends up with exactly what holds, whatever happens between its pages."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, HOUR, Instant
from otokui.ports.changes import DecisionChange, FeedPosition
from tests.contract.ledgers import CHANNELS, MESSAGES, NOW, consents, contact, migrated, place
from tests.places import taken

CUSTOMERS = st.sampled_from([f"c{n}" for n in range(6)])
STEPS = st.one_of(
    st.tuples(st.just("reserve"), CUSTOMERS, st.integers(0, 60), st.integers(1, 40)),  # hours until it is due, hours that it holds after
    st.tuples(st.just("refuse"), CUSTOMERS),
    st.tuples(st.just("agree"), CUSTOMERS),
    st.tuples(st.just("send"), CUSTOMERS),
    st.tuples(st.just("wait"), st.integers(1, 30)),
    st.tuples(st.just("poll"), st.integers(1, 3), st.integers(1, 48)),  # one page of so many, window in hours
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger without a row, to be copied."""
    return migrated(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def copies() -> Iterator[Path]:
    """A folder for the copies."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


class Engine:
    """A send engine: the newest change it knows of every decision."""

    def __init__(self) -> None:
        self.position, self.known = FeedPosition(), dict[str, DecisionChange]()

    def poll(self, ledger: SqlLedger, now: int, limit: int, hours: int, refused: set[str]) -> bool:
        page = ledger.outbox.changes(self.position, now=Instant(now), window_seconds=hours * HOUR, limit=limit)
        for change in page.changes:
            assert change.kind == "withdrawn" or change.customer_id not in refused  # never offered after a no
            if change.decision_id not in self.known or self.known[change.decision_id].sequence < change.sequence:
                self.known[change.decision_id] = change
        self.position = page.position
        return page.more


class Played:
    """The ledger and what ought to hold in it."""

    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger, self.now = ledger, int(NOW)
        self.reserved: dict[str, tuple[str, int, int]] = {}  # decision -> customer, send time, end
        self.refused: set[str] = set()
        self.withdrawn: set[str] = set()  # decisions, once somebody looked
        self.sent: set[str] = set()

    def live(self) -> dict[str, int]:
        """Decisions that a send engine should carry out, with their send times."""
        return {
            decision: send_at
            for decision, (customer, send_at, end) in self.reserved.items()
            if end > self.now and customer not in self.refused and decision not in self.sent | self.withdrawn
        }

    def look(self) -> None:
        """Note what is withdrawn for good as soon as somebody looks; a customer who agreed again before that is offered as ever."""
        found = {decision for decision, (customer, _, end) in self.reserved.items() if end > self.now and customer in self.refused}
        self.withdrawn |= found - self.sent

    def step(self, step: tuple[Any, ...], engine: Engine) -> None:
        match step:
            case ("reserve", customer, due, holds):
                decision = f"d-{customer}"
                send_at = self.now + due * HOUR
                end = send_at + holds * HOUR
                before = self.reserved.get(decision)
                wanted = place(decision, customer_id=customer, send_at=send_at, valid_until=end, message_id="news")
                if taken(self.ledger, [wanted], self.now) == [True] and not (decision in self.sent or (before and before[2] > self.now)):
                    self.reserved[decision] = (customer, send_at, end)
                    self.withdrawn.discard(decision)
            case ("refuse", customer):
                self.now += 1
                self.ledger.import_consents(consents((customer, "email", False, self.now)))
                self.refused.add(customer)
            case ("agree", customer):
                self.now += 2
                self.ledger.import_consents(consents((customer, "email", True, self.now - 1)))
                self.refused.discard(customer)
            case ("send", customer):
                if f"d-{customer}" in self.live():
                    self.sent.add(f"d-{customer}")
                    self.ledger.import_contacts(contact(self.now, customer_id=customer, decision_id=f"d-{customer}"))
            case ("wait", hours):
                self.now += hours * HOUR
            case ("poll", limit, hours):
                self.look()
                engine.poll(self.ledger, self.now, limit, hours, self.refused)


@given(steps=st.lists(STEPS, max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_change_is_lost_under_any_order_of_events(steps: list[tuple[Any, ...]], empty: Path, copies: Path) -> None:
    """After a last round over everything, what the engine would send is what is live, at its time; what was refused is withdrawn."""
    path = copies / "ledger.db"
    for left in copies.iterdir():
        left.unlink()
    shutil.copy(empty, path)
    with open_ledger(f"sqlite:///{path}", channels=CHANNELS, messages=MESSAGES, contact_cap=99, contact_cap_days=7) as ledger:
        played, engine = Played(ledger), Engine()
        ledger.import_consents(consents(*((f"c{n}", "email", True, NOW - DAY) for n in range(6))))
        for step in steps:
            played.step(step, engine)
        played.look()
        for _ in range(2):  # the round under way to its end, then one over everything
            while engine.poll(ledger, played.now, 3, 1_000, played.refused):
                pass

    due = {d: c.send_at for d, c in engine.known.items() if c.kind == "due" and c.valid_until > played.now and d not in played.sent}
    assert due == played.live()
