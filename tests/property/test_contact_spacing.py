"""No two contacts of a customer ever lie closer than the spacing, however runs, calls, renewals, sends and imports interleave."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, HOUR, Instant
from otokui.ports.identities import MERGE, Identity
from otokui.ports.reservations import Reservation, ReservationResult
from otokui.settings.contacts.channels import Channel, Reach
from otokui.settings.contacts.messages import Message
from tests.contract.ledgers import emptied, identify, make_schema
from tests.places import placed

START, SPACING = 1_000 * DAY, 48
CHANNELS = (
    Channel(name="email", title="e", title_ja="e", cap=99),
    Channel(name="sms", title="s", title_ja="s", cap=99, spacing_hours=96),
    Channel(name="site", title="b", title_ja="b", cap=99, reach=Reach.PULL, spacing_hours=3),
)
MESSAGES = (Message(message_id="news", scenario="n", title="n", title_ja="n", objective="o", channels=("email",), cap=99),)
SHOP = {"channels": CHANNELS, "messages": MESSAGES, "contact_cap": 99, "contact_cap_days": 7, "contact_spacing_hours": float(SPACING)}
PERSON = {"ada": "bob", "bob": "bob", "cyd": "cyd"}
"""Ada is merged into bob."""


@cache
def _empty() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    open_ledger(f"sqlite:///{folder}/ledger.db", **SHOP).close()  # type: ignore[arg-type]
    return folder / "ledger.db"


@pytest.fixture(scope="module")
def _schema(postgres_server: str) -> Iterator[str]:
    yield from make_schema(postgres_server)


@contextmanager
def fresh(schema: str | None) -> Iterator[SqlLedger]:
    """Open an empty ledger: in a file, or in a schema of PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        if schema is None:
            shutil.copy(_empty(), folder)
        else:
            emptied(schema)
        with open_ledger(schema or f"sqlite:///{folder}/ledger.db", **SHOP) as ledger:  # type: ignore[arg-type]
            identify(ledger, Identity(MERGE, "ada", "bob", Instant(0), Instant(0)))
            yield ledger


@dataclass
class Engine:
    """A send engine that sends each contact at some second of its window, and reports it at once."""

    ledger: SqlLedger
    now: int = START
    waiting: dict[str, tuple[int, Reservation]] = field(default_factory=dict)
    sent: list[tuple[str, str, int, bool]] = field(default_factory=list)  # customer, channel, at, whether it came from outside

    def wait(self, until: int) -> None:
        """Let time pass; what is due is sent in its order."""
        for name, (at, place) in sorted(self.waiting.items(), key=lambda item: item[1][0]):
            if at <= until:
                del self.waiting[name]
                self.report(place.customer_id, place.channel, at, name)
        self.now = until

    def report(self, customer: str, channel: str, at: int, decision_id: str | None = None) -> None:
        """Tell the ledger of a contact."""
        row = {"customer_id": customer, "contact_id": f"k{len(self.sent)}", "message_id": "news", "channel": channel}
        frame = pl.DataFrame(
            [row | {"sent_at": at, "known_at": at, "decision_id": decision_id}], schema_overrides={"decision_id": pl.String}
        )
        self.ledger.import_contacts(frame)
        self.sent.append((PERSON[customer], channel, at, decision_id is None))

    def take(self, place: Reservation, ruling: ReservationResult, share: float, sends: bool) -> None:
        """Plan the contact of a place that was given, unless its reservation is a renewal of one that was sent."""
        if not ruling or not sends or place.decision_id in self.waiting:
            return
        first = place.send_at if place.not_before is None else place.not_before
        begin, end = (first, place.valid_until) if ruling.send_at == place.send_at else (ruling.send_at, ruling.send_at + HOUR - 1)
        begin = max(begin, self.now)
        self.waiting[place.decision_id] = (round(begin + share * (max(begin, end - 1) - begin)), place)


steps = st.tuples(
    st.sampled_from(["call", "call", "run", "again", "outside", "by state"]),
    st.sampled_from(sorted(PERSON)),
    st.sampled_from([channel.name for channel in CHANNELS]),
    st.integers(0, 40 * HOUR),  # seconds that pass first
    st.integers(0, 5 * DAY),  # until the send time asked for
    st.integers(1, 30 * HOUR),  # for how long it may be sent
    st.floats(0.0, 1.0),  # when in its window it is sent
    st.booleans(),  # whether it is sent at all
)


def asked(engine: Engine, number: int, step: tuple[str, str, str, int, int, int, float, bool]) -> list[Reservation]:
    """Return the places that a step asks for; a run asks for both customers at once."""
    kind, who, channel, _, ahead, lasts, _, _ = step
    at = engine.now + ahead
    if kind == "by state":  # as decisions do: after whatever is known
        state = engine.ledger.contact_state([who], Instant(engine.now))
        assert state.spacing_until is not None
        free = state.spacing_until[0, [c.name for c in CHANNELS].index(channel)]
        at = engine.now if free != free else int(free)
    name = f"d{number // 3}" if kind == "again" else f"d{number}"
    customers = ("bob", "cyd") if kind == "run" else (who,)
    return [
        Reservation(
            f"{name}{c}", c, "news", "n", channel, Instant(at), Instant(at + lasts),
            others=() if kind == "by state" else (Instant(at + DAY), Instant(at + 2 * DAY)),
            not_before=Instant(at if kind == "by state" else max(engine.now, at - 2 * HOUR)),
        )
        for c in customers
    ]  # fmt: skip


def gap(one: str, other: str) -> int:
    """Return the hours that two contacts must lie apart."""
    own = next(c.spacing_hours for c in CHANNELS if c.name == one) if one == other else 0
    return int(max(own, 0 if "site" in (one, other) else SPACING))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_contacts_keep_their_distance(database: str, request: pytest.FixtureRequest) -> None:
    """Contacts from outside count against every later place, but nobody can keep them away from each other."""
    schema = None if database == "sqlite" else request.getfixturevalue("_schema")

    @settings(max_examples=30 if schema is None else 8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(st.lists(steps, min_size=1, max_size=12))
    def holds(done: list[tuple[str, str, str, int, int, int, float, bool]]) -> None:
        with fresh(schema) as ledger:
            engine, outside = Engine(ledger), list[tuple[str, str, int]]()
            for number, step in enumerate(done):
                kind, who, channel, wait, _, _, share, sends = step
                engine.wait(engine.now + wait)
                if kind == "outside":
                    near = any(place.customer_id == who or PERSON[place.customer_id] == PERSON[who] for _, place in engine.waiting.values())
                    if not near:  # else it may fall beside a contact that is on its way
                        engine.report(who, channel, engine.now)
                        outside.append((PERSON[who], channel, engine.now))
                    continue
                places = asked(engine, number, step)
                for place, ruling in zip(places, placed(ledger, places, engine.now), strict=True):
                    assert kind != "by state" or wait == 0 or ruling
                    engine.take(place, ruling, share, sends)
            engine.wait(engine.now + 20 * DAY)
            for (who, channel, at, beside), (other_who, other, other_at, other_beside) in combinations(engine.sent, 2):
                # Whatever came from outside, after another contact, could not be prevented.
                unpreventable = other_beside if other_at >= at else beside
                if who == other_who and not unpreventable and not (beside and other_beside):
                    assert abs(at - other_at) >= gap(channel, other) * HOUR

    holds()
