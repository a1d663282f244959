"""The change feed while several writers commit: the order of its numbers is the order of the commits, so that no page skips one."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, Instant
from otokui.ports.changes import FeedPosition
from otokui.ports.ledger import Written
from otokui.ports.reservations import ReservationResult, Take
from tests.contract.ledgers import CHANNELS, MESSAGES, NOW, make_schema, place

WRITERS, EACH = 6, 12


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlLedger]:
    """An empty ledger of each kind."""
    urls = (
        make_schema(request.getfixturevalue("postgres_server")) if request.param == "postgresql" else iter([f"sqlite:///{tmp_path}/l.db"])
    )
    for url in urls:
        with open_ledger(url, channels=CHANNELS, messages=MESSAGES, contact_cap=9, contact_cap_days=7) as opened:
            yield opened


def test_what_is_committed_while_pages_are_read_is_in_one_of_them_once(ledger: SqlLedger) -> None:
    """Six writers hold their transactions open for a moment each; the reader follows its cursor all the while."""

    def write(writer: int) -> None:
        chance = random.Random(writer)

        def slowly(_: Sequence[ReservationResult], take: Take) -> Written:
            time.sleep(chance.random() / 200)
            return [], None

        for turn in range(EACH):
            name = f"{writer}-{turn}"
            wanted = [place(f"d{name}{half}", customer_id=f"c{name}{half}") for half in "ab"]
            ledger.commit(wanted, NOW, slowly, None, NOW)

    seen: list[str] = []
    done = threading.Event()

    def follow() -> None:
        position, last = FeedPosition(), False
        while not last:
            last = done.is_set()
            while True:
                page = ledger.outbox.changes(position, now=Instant(NOW), window_seconds=DAY, limit=7)
                seen.extend(change.decision_id for change in page.changes)
                position = page.position
                if not page.more:
                    break

    reader = threading.Thread(target=follow)
    reader.start()
    with ThreadPoolExecutor(WRITERS) as pool:
        for written in [pool.submit(write, writer) for writer in range(WRITERS)]:
            written.result()
    done.set()
    reader.join()

    assert sorted(seen) == sorted(f"d{writer}-{turn}{half}" for writer in range(WRITERS) for turn in range(EACH) for half in "ab")
