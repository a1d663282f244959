"""The real service asking for keys: made, used, revoked and refused while it runs; one audit chain of many processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from adapters.access.access_store import SqlAccess, open_access
from benchmarks.http.__main__ import free_port, ours, wait
from otokui.domain import Instant
from otokui.identity.roles import Role
from otokui.ports.access import AuditEntry, KeyRecord
from otokui.settings.service.data_stores import Stores
from otokui.settings.service.service import Environment
from otokui.settings.settings import Settings, load
from tests.contract.ledgers import make_schema

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = '[shop]\nname = "shop"\n[service]\nenvironment = "production"\naccess = "keys"\nswap_seconds = 0.3\n'
SEEN = {"kind": "behaviour", "event_id": "e-1", "customer_id": "c-17", "type": "view", "occurred_at": "2025-04-01T12:00:00+09:00"}


@dataclass(frozen=True)
class Guarded:
    """A running service without a model, and its shop: who may call does not wait for models."""

    http: httpx.Client
    shop: Path

    def access(self) -> SqlAccess:
        """Open the shop's keys and audit log beside the service, as the verbs do."""
        return open_access(load(self.shop / "otokui.toml"), self.shop)

    def key(self, role: Role, *networks: str) -> tuple[str, str]:
        """Make a key; return its id and its text."""
        now = Instant(int(time.time()))
        wanted = KeyRecord("", "", Environment.PRODUCTION, role, "", networks, None, now)
        with self.access() as access:
            made, key = access.create_key(wanted, AuditEntry(now, "verb:test", "key create", "", 0))
        return made.key_id, key.text

    def events(self, key: str, **headers: str) -> httpx.Response:
        """Send one event."""
        return self.http.post("/v1/events", json={"items": [SEEN]}, headers={"Authorization": f"Bearer {key}", **headers})


def until(status: int, call: Callable[[], httpx.Response]) -> httpx.Response:
    """Repeat a call until it has this status, for ten seconds at most."""
    end = time.monotonic() + 10.0
    while (reply := call()).status_code != status and time.monotonic() < end:
        time.sleep(0.1)
    return reply


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One service for the tests of this file."""
    shop = tmp_path_factory.mktemp("guarded")
    (shop / "otokui.toml").write_text(SETTINGS, encoding="utf-8")
    port = free_port()
    command, env = ours(shop, port)
    with (shop / "log").open("wb") as log, subprocess.Popen(command, env=os.environ | env, cwd=ROOT, stdout=log, stderr=log) as process:
        try:
            wait(f"http://127.0.0.1:{port}/livez", process, 120.0, shop / "log")
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30.0) as http:
                yield Guarded(http, shop)
        finally:
            process.terminate()


def test_a_key_works_from_its_making_to_its_revocation(guarded: Guarded) -> None:
    """Without a restart, for its own calls alone; both ends stand in the audit log, and the key is in no log."""
    key_id, key = guarded.key(Role.SHOP_FEED)
    taken = until(200, lambda: guarded.events(key))
    refused = guarded.http.post("/v1/decisions", json={"customers": []}, headers={"Authorization": f"Bearer {key}"})
    with guarded.access() as access:
        access.revoke_key(key_id, Instant(int(time.time())), AuditEntry(Instant(0), "verb:test", "key revoke", "", 0))
        gone = until(401, lambda: guarded.events(key))
        (used,) = (record.last_used_at for record in access.key_records() if record.key_id == key_id)
        faults = access.verify().faults

    assert (taken.status_code, taken.json()["refused"]) == (200, 0)
    assert (refused.status_code, gone.status_code) == (403, 401)
    assert guarded.http.post("/v1/events", json={"items": []}).status_code == 401
    assert used
    assert faults == ()
    assert key[-38:] not in (guarded.shop / "log").read_text(encoding="utf-8")


def test_an_address_that_the_caller_claims_is_not_believed(guarded: Guarded) -> None:
    """No proxy is configured: whoever connects is the caller."""
    (_, inside), (_, outside) = guarded.key(Role.SHOP_FEED, "127.0.0.0/8"), guarded.key(Role.SHOP_FEED, "10.0.0.0/8")
    assert until(200, lambda: guarded.events(inside, **{"X-Forwarded-For": "192.0.2.1"})).status_code == 200
    assert until(403, lambda: guarded.events(outside, **{"X-Forwarded-For": "10.1.2.3"})).status_code == 403


def test_open_access_beyond_the_loopback_does_not_start(tmp_path: Path) -> None:
    """With what to do, and the exit code of wrong settings."""
    (tmp_path / "otokui.toml").write_text('[shop]\nname = "shop"\n', encoding="utf-8")
    command, env = ours(tmp_path, free_port())
    command[command.index("127.0.0.1")] = "0.0.0.0"

    ended = subprocess.run(command, env=os.environ | env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    assert ended.returncode == 2
    assert "fix: set [service] access" in ended.stderr


APPENDS = """
import sys
from pathlib import Path
from adapters.access.access_store import SqlAccess, open_access
from otokui.ports.access import AuditEntry
from otokui.settings.service.data_stores import Stores
from otokui.settings.settings import Settings
with open_access(Settings(stores=Stores(ledger_url=sys.argv[1])), Path(".")) as access:
    for i in range(30):
        access.append([AuditEntry(i, f"key-{sys.argv[2]}", "decisions", "", 200, i), AuditEntry(i, "x", "events", "", 200)])
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that nobody has opened."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
    else:
        yield from make_schema(request.getfixturevalue("postgres_server"))


def test_processes_keep_one_chain(url: str, tmp_path: Path) -> None:
    """Three at once: no line is lost, no number given twice, and no fault is found."""
    with open_access(Settings(stores=Stores(ledger_url=url)), tmp_path) as access:
        writers = [subprocess.Popen([sys.executable, "-c", APPENDS, url, str(i)], cwd=ROOT) for i in range(3)]
        assert [writer.wait(120) for writer in writers] == [0, 0, 0]

        checked = access.verify()
        whose = [row.entry.who for row in access.entries()]

    assert (checked.rows, checked.faults) == (180, ())
    assert {who: whose.count(who) for who in set(whose)} == {"key-0": 30, "key-1": 30, "key-2": 30, "x": 90}
