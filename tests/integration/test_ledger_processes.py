"""Many processes at one ledger: caps hold, opening does not collide, a kill leaves whole transactions."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

ROOT = Path(__file__).resolve().parents[2]

WORKER = """
import sys
from adapters.ledger import open_ledger
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from otokui.ports.reservations import Reservation
from tests.places import placed, taken
url, worker = sys.argv[1], sys.argv[2]
channels = [Channel(name=n, title=n, title_ja=n, cap=9, cap_days=7) for n in ("email", "sms")]
messages = [Message(message_id="news", scenario="n", title="n", title_ja="n", objective="o", channels=("email",), cap=9, cap_days=7)]
ledger = open_ledger(url, channels=channels, messages=messages, contact_cap=2, contact_cap_days=7)
print("open", flush=True)
granted = 0
for turn in range(10):
    # every worker wants every customer, each in another order, by itself and in bulk
    ids = [f"c{(i * (7 if worker == '1' else 1)) % 10}" for i in range(10)]
    wanted = [Reservation(f"d{worker}-{turn}-{c}", c, "news", "n", "email", 1_000_000, 2_000_000) for c in ids]
    if turn % 2:
        granted += sum(taken(ledger, wanted, 999_999))
    else:
        granted += sum(taken(ledger, [place], 999_999)[0] for place in wanted)
print(granted, flush=True)
"""

LIMITED = """
import random, sys
from adapters.ledger import open_ledger
from otokui.settings.contacts.budget import Budget
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from otokui.ports.reservations import Reservation
from tests.places import placed, taken
url, worker = sys.argv[1], sys.argv[2]
NOW = 86_400_000
channels = [
    Channel(name="email", title="e", title_ja="e", cap=2, cap_days=7),
    Channel(name="sms", title="s", title_ja="s", cap=1, cap_days=7, capacity_per_day=12, capacity_per_hour=3),
]
messages = [
    Message(message_id=m, scenario=m, title=m, title_ja=m, objective="o", channels=("email", "sms"), cap=1, cap_days=7)
    for m in ("news", "thanks", "sale")
]
ledger = open_ledger(url, channels=channels, messages=messages, contact_cap=2, contact_cap_days=7, budget=Budget(money=60.0))
rng, granted = random.Random(worker), 0
for turn in range(12):
    wanted = []
    for n in range(15):
        customer, message, channel = f"c{rng.randrange(30)}", rng.choice(("news", "thanks", "sale")), rng.choice(("email", "sms", "sms"))
        hours = [NOW + 3600 * rng.randrange(1, 6) for _ in range(3)]
        name = f"{worker}-{turn}-{n}"
        cost, others = rng.choice((0.1, 1.0, 3.3)), tuple(hours[1:])
        wanted.append(Reservation(name, customer, message, message, channel, hours[0], NOW + 86_400, cost, others))
    if turn % 2:
        granted += sum(map(bool, placed(ledger, wanted, NOW)))
    else:
        granted += sum(bool(placed(ledger, [place], NOW)[0]) for place in wanted)
print(granted, flush=True)
"""

KILLED = """
import sys
from adapters.ledger import open_ledger
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from otokui.ports.reservations import Reservation
from tests.places import taken
channels = [Channel(name="email", title="e", title_ja="e", cap=1, cap_days=7)]
messages = [Message(message_id="news", scenario="n", title="n", title_ja="n", objective="o", channels=("email",), cap=9, cap_days=7)]
ledger = open_ledger(sys.argv[1], channels=channels, messages=messages, contact_cap=1, contact_cap_days=7)
turn = 0
while True:
    wanted = [Reservation(f"d{turn}-{c}", f"c{turn}-{c}", "news", "n", "email", 1_000_000, 2_000_000) for c in range(10)]
    taken(ledger, wanted, 999_999)
    print(turn, flush=True)
    turn += 1
"""


def make_schema(server_url: str) -> Iterator[str]:
    """Yield the URL of a schema of this test's own; dropped afterwards."""
    schema, server = f"ledger_{uuid.uuid4().hex[:12]}", create_engine(server_url)
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield make_url(server_url).update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    with server.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a ledger yet."""
    on_sqlite = iter([f"sqlite:///{tmp_path}/ledger.db"])
    yield from on_sqlite if request.param == "sqlite" else make_schema(request.getfixturevalue("postgres_server"))


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def places_by_customer(url: str) -> dict[str, int]:
    """Count the places taken, straight from the table."""
    engine = create_engine(url)
    with engine.connect() as connection:
        counts = {row[0]: row[1] for row in connection.execute(text("SELECT customer_id, COUNT(*) FROM reservations GROUP BY customer_id"))}
    engine.dispose()
    return counts


@pytest.mark.slow
def test_processes_at_once_never_exceed_a_cap(url: str) -> None:
    """Three processes open the new ledger together and want 300 places; each of ten customers has two."""
    workers = [start(WORKER, url, str(n)) for n in range(3)]
    said = [worker.communicate(timeout=120) for worker in workers]

    assert [error for _, error in said] == ["", "", ""]
    assert sum(int(out.split()[-1]) for out, _ in said) == 20
    assert places_by_customer(url) == {f"c{n}": 2 for n in range(10)}


LIMITS = {
    "customer": ("SELECT COUNT(*) FROM reservations GROUP BY customer_id", 2),
    "customer and channel": ("SELECT COUNT(*) FROM reservations WHERE channel = 'sms' GROUP BY customer_id", 1),
    "customer and message": ("SELECT COUNT(*) FROM reservations GROUP BY customer_id, message_id", 1),
    "channel and day": ("SELECT COUNT(*) FROM reservations WHERE channel = 'sms'", 12),
    "channel and hour": ("SELECT COUNT(*) FROM reservations WHERE channel = 'sms' GROUP BY send_at / 3600", 3),
    "money": ("SELECT SUM(cost) FROM reservations", 60_000),
}
"""What nobody may exceed, counted straight from the table, and how much of it there is."""


@pytest.mark.slow
def test_processes_at_once_never_exceed_any_limit_of_customer_channel_message_hour_or_money(url: str) -> None:
    """Six processes want 1,080 places for 30 customers, alone and in bulk; no limit is exceeded, and each is all but used up."""
    workers = [start(LIMITED, url, str(n)) for n in range(6)]
    said = [worker.communicate(timeout=240) for worker in workers]

    assert [error for _, error in said] == [""] * 6
    engine = create_engine(url)
    with engine.connect() as connection:
        most = {name: max(row[0] for row in connection.execute(text(query))) for name, (query, _) in LIMITS.items()}
        granted = connection.execute(text("SELECT COUNT(*) FROM reservations")).scalar()
    engine.dispose()
    assert [name for name, (_, limit) in LIMITS.items() if most[name] > limit] == []
    # Who comes first is chance. Money enough for every SMS, whoever does, and too little for all 60 contacts: both run out.
    assert [name for name, (_, limit) in LIMITS.items() if most[name] < 0.8 * limit] == []
    assert granted == sum(int(out.split()[-1]) for out, _ in said)


def test_a_kill_leaves_whole_transactions(url: str) -> None:
    """What was answered is there, all ten of it; what was not is there whole or not at all."""
    worker = start(KILLED, url)
    assert worker.stdout is not None
    answered = -1
    for line in worker.stdout:
        answered = int(line)
        if answered == 5:
            worker.send_signal(signal.SIGKILL)
            break
    rest = worker.stdout.read()  # what the loop has read ahead is in here; communicate() would lose it
    worker.wait(timeout=60)
    answered = max([answered, *(int(line) for line in rest.split())])

    turns: dict[str, int] = {}
    for name, count in places_by_customer(url).items():
        turn = name.split("-")[0]
        turns[turn] = turns.get(turn, 0) + count
    assert set(turns.values()) == {10}
    assert len(turns) in (answered + 1, answered + 2)
