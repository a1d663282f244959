"""The real service, attacked from outside: slow bodies, endless headers, locked and lost stores, signals; its ledger on PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import sqlalchemy as sa

from adapters.ledger.storage.database import _LOCK_SPACE, LOCKS
from benchmarks.http.__main__ import ROOT, Running, free_port, started
from benchmarks.http.shop import made_shop
from otokui.domain import Instant, show_instant

pytestmark = pytest.mark.slow

HEAD = b"POST /v1/decisions HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n"
UPGRADE = b"connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"


@dataclass(frozen=True)
class Shop:
    """A shop whose ledger is a PostgreSQL database, and where its files lie."""

    folder: Path
    cutoff: Instant
    customer_ids: list[str]
    database: sa.Engine


@dataclass(frozen=True)
class Served:
    """`otokui serve` on that shop."""

    http: httpx.Client
    process: psutil.Process
    port: int
    shop: Shop

    def decide(self, *customer_ids: str, key: str | None = None, **more: Any) -> httpx.Response:
        body = {"customers": [{"customer_id": customer_id} for customer_id in customer_ids]} | more
        return self.http.post("/v1/decisions", json=body, headers={"Idempotency-Key": key} if key else None)

    def raw(self, text: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(text)
        return connection

    def ready(self, *, becomes: bool) -> dict[str, Any]:
        """Wait until the service is, or is no longer, ready."""
        end = time.monotonic() + 60
        while (said := self.http.get("/readyz").json())["ready"] is not becomes:
            assert time.monotonic() < end, said
            time.sleep(0.2)
        return said


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Iterator[Shop]:
    """Made once; a call may take four seconds and a body one."""
    folder, name = tmp_path_factory.mktemp("limits"), f"otokui_limits_{os.getpid()}"
    server = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"create database {name}"))
    address = sa.make_url(postgres_server).set(database=name)
    cutoff = Instant(int(time.time()) // 3_600 * 3_600)
    own = {
        "stores": {"ledger_url": address.render_as_string(hide_password=False)},
        "service": {"timeout_seconds": 4, "read_timeout_seconds": 1, "swap_seconds": 0.5},
    }
    made = made_shop(folder / "shop", 400, cutoff, rounds=20, own=own)
    database = sa.create_engine(address, poolclass=sa.NullPool)
    yield Shop(made.folder, cutoff, made.customer_ids, database)
    with server.connect() as connection:
        connection.execute(sa.text(f"drop database {name} with (force)"))
    server.dispose()


@contextlib.contextmanager
def running(shop: Shop, command: list[str]) -> Iterator[tuple[Running, int]]:
    port, home = free_port(), shop.folder.parent
    env = {"OTOKUI_SHOP": str(shop.folder), "BENTOML_HOME": str(home / "bentoml"), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with started([sys.executable, "-m", *command, "--port", str(port)], env, port, home / f"log-{port}") as found:
        yield found, port


@pytest.fixture(scope="module")
def served(shop: Shop) -> Iterator[Served]:
    """One service for the file: its start takes longer than all of the tests together."""
    with (
        running(shop, ["pipelines.cli", "serve", "--shop", str(shop.folder)]) as (found, port),
        httpx.Client(base_url=found.address, timeout=30.0) as http,
    ):
        yield Served(http, psutil.Process(found.pid), port, shop)


def status(connection: socket.socket) -> int:
    """Return the status of the answer that comes."""
    return int(connection.recv(65_536).split(b" ", 2)[1])


def test_slow_bodies_take_nobody_s_place(served: Served) -> None:
    """While thirty a second send one byte and wait, every honest call is answered, byte for byte as before; they get 408."""
    ids, as_of = served.shop.customer_ids[:20], show_instant(Instant(served.shop.cutoff + 30))
    expected = served.decide(*ids, as_of=as_of, dry_run=True).content
    slow, stop = [], threading.Event()

    def attack() -> None:
        while not stop.is_set():
            slow.append(served.raw(HEAD + b"content-length: 1000\r\n\r\n{"))
            time.sleep(1 / 30)

    attacker = threading.Thread(target=attack)
    attacker.start()
    replies = []
    while len(slow) < 100:
        replies.append(served.decide(*ids, as_of=as_of, dry_run=True))
    stop.set()
    attacker.join()

    assert {(reply.status_code, reply.content) for reply in replies} == {(200, expected)}
    assert {status(connection) for connection in slow} == {408}


@pytest.mark.parametrize(
    "head", [b"GET /livez HTTP/1.1\r\nbig: ", b"GET /", HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n0\r\ntrailer: "]
)
def test_headers_without_end_fill_no_memory(served: Served, head: bytes) -> None:
    """Four times forty megabytes of a header, an address or a trailer: refused long before, and the process stays as large as it was."""
    before = served.process.memory_info().rss

    def flood(_: int) -> bool:
        connection = served.raw(head)
        try:
            for _ in range(40):
                connection.sendall(b"a" * 1_000_000)
            return False
        except OSError:
            return True  # the service has hung up

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(flood, range(4))) == [True] * 4

    assert served.process.memory_info().rss - before < 30_000_000
    assert status(served.raw(b"GET /livez HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n")) == 431
    assert status(served.raw(b"GET /livez HTTP/1.1\r\nx: " + b"a" * 20_000 + b"\r\n\r\n")) == 200


def test_slow_headers_and_idle_connections_end(served: Served) -> None:
    """The first with 408, the second without a word."""
    slow, idle = served.raw(b"GET /livez HT"), served.raw()

    assert status(slow) == 408
    assert idle.recv(1) == b""


def test_more_connections_than_there_may_be_cost_only_the_oldest(served: Served) -> None:
    """Of six hundred that wait 512 stay at most, and who comes after them is answered."""
    idle = [served.raw() for _ in range(600)]

    assert served.decide("nobody", dry_run=True).status_code == 200
    open_ones = [found for found in served.process.net_connections() if found.laddr.port == served.port]
    assert sum(found.status == psutil.CONN_ESTABLISHED for found in open_ones) <= 512
    for connection in idle:
        connection.close()


def test_a_websocket_is_answered_as_a_plain_call(served: Served) -> None:
    """No call is one; the caller reads so, and the next call is answered."""
    assert status(served.raw(b"GET /v1/decisions HTTP/1.1\r\nhost: shop\r\n" + UPGRADE)) == 405
    assert status(served.raw(b"GET /no/such HTTP/1.1\r\nhost: shop\r\n" + UPGRADE)) == 404
    assert served.decide("nobody", dry_run=True).status_code == 200


def test_a_disk_without_room_is_not_ready(served: Served) -> None:
    """And says so without a path; it is ready again when there is room."""
    path = served.shop.folder / "otokui.toml"
    before = path.read_text()

    path.write_text(before + f"min_free_bytes = {10**15}\n")
    try:
        said = served.ready(becomes=False)
    finally:
        path.write_text(before)

    assert said["reasons"] == ["disk: fewer than 1,000,000,000,000,000 bytes are left; make room, or set [service] min_free_bytes"]
    served.ready(becomes=True)


def test_a_locked_ledger_is_waited_for_as_long_as_a_caller_waits(served: Served) -> None:
    """Every customer's lock is held by another session: sixteen calls at once are answered in time, and nobody is contacted."""
    ids = served.shop.customer_ids[40:60]

    with served.shop.database.connect() as other:
        other.execute(sa.text(f"SELECT pg_advisory_lock({_LOCK_SPACE}, n) FROM generate_series(0, {LOCKS + 1}) AS n"))
        with ThreadPoolExecutor(16) as pool:
            replies = list(pool.map(lambda _: served.decide(*ids), range(16)))
            keyed = served.decide(*ids, key="locked")

    assert {reply.status_code for reply in replies} == {200}
    assert (keyed.status_code, "retry-after" in keyed.headers) == (503, True)  # its key may have a reply that cannot be read
    rows = [row for reply in replies for row in reply.json()["decisions"]]
    assert {row["status"] for row in rows} <= {"suppressed", "control"}
    assert "state_unavailable" in {suppression["code"] for row in rows for suppression in row["suppressions"]}
    assert _reserved(served.shop, ids) == 0


def test_a_locked_table_is_not_read_for_ever(served: Served) -> None:
    """Consents that cannot be read are no consents, and the probe of readiness does not hang either."""
    with served.shop.database.connect() as other, other.begin():
        other.execute(sa.text("LOCK TABLE consents, alembic_version IN ACCESS EXCLUSIVE MODE"))
        reply = served.decide(*served.shop.customer_ids[60:80])
        said = served.ready(becomes=False)

    assert reply.status_code == 200
    assert {row["status"] for row in reply.json()["decisions"]} <= {"suppressed", "control"}
    assert said["reasons"][0].startswith("ledger: ")
    served.ready(becomes=True)


def test_a_ledger_that_refuses_is_not_ready_and_names_no_address(served: Served) -> None:
    """The database lets nobody in; nobody is contacted until it does."""
    name = served.shop.database.url.database
    with sa.create_engine(served.shop.database.url.set(database="postgres"), isolation_level="AUTOCOMMIT").connect() as server:
        server.execute(sa.text(f"alter database {name} allow_connections false"))
        try:
            server.execute(sa.text("select pg_terminate_backend(pid) from pg_stat_activity where datname = :name"), {"name": name})
            said = served.ready(becomes=False)
            reply = served.decide(*served.shop.customer_ids[80:100])
        finally:
            server.execute(sa.text(f"alter database {name} allow_connections true"))

    assert said["reasons"] == ["ledger: it cannot be written; check [stores] ledger_url and the database; the log of the service says more"]
    assert {row["status"] for row in reply.json()["decisions"]} <= {"suppressed", "control"}
    served.ready(becomes=True)
    end = time.monotonic() + 60
    while not {"contact"} <= {row["status"] for row in served.decide(*served.shop.customer_ids[100:140]).json()["decisions"]}:
        assert time.monotonic() < end
        time.sleep(0.5)


def test_sigterm_ends_every_process_and_frees_the_port(served: Served) -> None:
    """The command is the service: there is no child that could live on. The last test of the shared service."""
    assert served.process.children(recursive=True) == []

    os.kill(served.process.pid, signal.SIGTERM)

    served.process.wait(30)
    _bind(served.port)


def test_a_killed_supervisor_takes_its_worker_along(shop: Shop) -> None:
    """`bentoml serve` has the same bounds; its worker ends when the supervisor is killed, and the port is free."""
    with running(shop, ["bentoml", "serve", "serving.service:OtokuiService", "--host", "127.0.0.1"]) as (found, port):
        (worker,) = psutil.Process(found.pid).children(recursive=True)
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.sendall(b"GET /livez HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n")
        assert status(connection) == 431

        os.kill(found.pid, signal.SIGKILL)

        worker.wait(30)
        _bind(port)


def _bind(port: int) -> None:
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
        again.listen()


def _reserved(shop: Shop, customer_ids: list[str]) -> int:
    with shop.database.connect() as connection:
        found = connection.execute(sa.text("SELECT count(*) FROM reservations WHERE customer_id = ANY(:ids)"), {"ids": customer_ids})
        return int(found.scalar_one())
