"""API keys and audit log on SQLite and PostgreSQL: the same answers, and a chain that names what was tampered with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from adapters.access.access_store import SqlAccess, open_access
from adapters.access.audit_chain import digest_of
from otokui.domain import DAY, Instant
from otokui.errors import Conflict, Missing
from otokui.identity.roles import Role
from otokui.ports.access import AuditEntry, KeyRecord
from otokui.settings.service.data_stores import Stores
from otokui.settings.service.service import Environment
from otokui.settings.settings import Settings
from tests.contract.ledgers import NOW, emptied, url_of

WANTED = KeyRecord(
    key_id="",
    digest="",
    environment=Environment.PRODUCTION,
    role=Role.SEND_ENGINE,
    note="newsletter",
    networks=("10.0.0.0/8",),
    requests_per_minute=600,
    created_at=NOW,
    expires_at=Instant(NOW + 90 * DAY),
)
LINE = AuditEntry(NOW, "verb:ops", "key create", "", 0)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    found = url_of(request, tmp_path)
    if request.param == "postgresql":
        emptied(found)
    return found


@pytest.fixture
def access(url: str, tmp_path: Path) -> Iterator[SqlAccess]:
    """The access store in it."""
    with open_access(Settings(stores=Stores(ledger_url=url)), tmp_path) as opened:
        yield opened


def lines(count: int) -> list[AuditEntry]:
    """Lines that differ."""
    return [AuditEntry(Instant(NOW + i), f"key-{i}", "decisions", "203.0.113.7", 200, i, 1, "") for i in range(count)]


class TestKeys:
    def test_a_key_is_stored_by_its_digest_alone(self, access: SqlAccess, url: str) -> None:
        """And comes back as it was asked for, with an id of its own."""
        made, key = access.create_key(WANTED, LINE)

        assert access.key_records() == [replace(WANTED, key_id=made.key_id, digest=key.digest)]
        assert made.key_id not in key.text
        engine = create_engine(url)
        with engine.connect() as connection:
            assert key.text[-38:] not in repr(connection.execute(text("SELECT * FROM api_keys")).all())
        engine.dispose()

    def test_revoked_stays_revoked(self, access: SqlAccess) -> None:
        """Since the first time."""
        made, _ = access.create_key(WANTED, LINE)
        assert access.revoke_key(made.key_id, Instant(NOW + 5), LINE).revoked_at == NOW + 5
        assert access.revoke_key(made.key_id, Instant(NOW + 9), LINE).revoked_at == NOW + 5

    def test_a_rotated_key_hands_its_rights_on(self, access: SqlAccess) -> None:
        """The old one ends after the grace, the new one lives as long as the old one would have."""
        old, _ = access.create_key(WANTED, LINE)
        at = Instant(NOW + 80 * DAY)

        new, key = access.rotate_key(old.key_id, at, Instant(at + DAY), LINE)

        stored = {record.key_id: record for record in access.key_records()}
        assert stored[old.key_id].expires_at == at + DAY
        assert stored[new.key_id] == replace(WANTED, key_id=new.key_id, digest=key.digest, created_at=at, expires_at=Instant(at + 90 * DAY))

    def test_the_grace_prolongs_nothing(self, access: SqlAccess) -> None:
        """A key that expires before its grace ends keeps its day; one that ended cannot be rotated."""
        old, _ = access.create_key(WANTED, LINE)
        access.rotate_key(old.key_id, Instant(NOW + 1), Instant(NOW + 900 * DAY), LINE)
        assert next(r for r in access.key_records() if r.key_id == old.key_id).expires_at == WANTED.expires_at

        access.revoke_key(old.key_id, Instant(NOW + 2), LINE)
        with pytest.raises(Conflict):
            access.rotate_key(old.key_id, Instant(NOW + 3), Instant(NOW + 4), LINE)

    def test_a_later_use_is_kept(self, access: SqlAccess) -> None:
        """Two services may tell theirs in any order."""
        made, _ = access.create_key(WANTED, LINE)
        for at in (5, 9, 7):
            access.mark_used({made.key_id: Instant(NOW + at), "key-gone": NOW})
        assert [record.last_used_at for record in access.key_records()] == [NOW + 9]

    def test_an_unknown_id_is_missing(self, access: SqlAccess) -> None:
        """And leaves no line in the audit log."""
        with pytest.raises(Missing):
            access.revoke_key("key-0", NOW, LINE)
        assert list(access.entries()) == []

    def test_every_change_is_a_line(self, access: SqlAccess) -> None:
        """With the ids of the keys."""
        old, _ = access.create_key(WANTED, LINE)
        new, _ = access.rotate_key(old.key_id, NOW, NOW, replace(LINE, call="key rotate"))
        access.revoke_key(new.key_id, NOW, replace(LINE, call="key revoke"))

        said = [(row.entry.call, row.entry.detail) for row in access.entries()]
        assert said == [("key create", old.key_id), ("key rotate", f"{old.key_id} -> {new.key_id}"), ("key revoke", new.key_id)]


COLUMNS = ("at", "who", "call", "address", "status", "customers", "requests", "detail", "digest")


class TestChain:
    def test_an_untouched_log_has_no_fault(self, access: SqlAccess) -> None:
        """Empty too; the head is what a later check expects."""
        assert access.verify() == access.verify()
        assert (access.verify().rows, access.verify().faults) == (0, ())
        access.append(lines(3))
        head = access.verify().head
        access.append(lines(4))

        assert (access.verify(head).rows, access.verify(head).faults) == (7, ())
        assert [row.entry for row in access.entries()] == [*lines(3), *lines(4)]

    @pytest.mark.parametrize("column", COLUMNS)
    @pytest.mark.parametrize("number", [1, 3, 6])
    def test_an_altered_row_is_named(self, access: SqlAccess, url: str, column: str, number: int) -> None:
        """Whichever column, the first row and the newest included."""
        access.append(lines(6))
        value: Any = 7_777 if column in ("at", "status", "customers", "requests") else "other"
        tamper(url, f"UPDATE audit_log SET {column} = :value WHERE number = :number", value=value, number=number)

        assert any(f"row {number}" in fault for fault in access.verify().faults)

    @pytest.mark.parametrize("number", [1, 3, 6])
    def test_a_deleted_row_is_named(self, access: SqlAccess, url: str, number: int) -> None:
        """The newest included."""
        access.append(lines(6))
        tamper(url, "DELETE FROM audit_log WHERE number = :number", number=number)
        assert any(f"rows {number} to {number} are missing" in fault for fault in access.verify().faults)

    @pytest.mark.parametrize("number", [-5, 0, 7, 9])
    def test_an_inserted_row_is_named(self, access: SqlAccess, url: str, number: int) -> None:
        """Before the first, after the newest, and with a digest that fits."""
        access.append(lines(6))
        newest = list(access.entries())[-1].digest
        forged = replace(lines(1)[0], who="key-forged")
        columns = {name: getattr(forged, name) for name in AuditEntry.__slots__}
        names = ("number", *columns, "digest")
        tamper(
            url,
            f"INSERT INTO audit_log ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})",
            number=number,
            digest=digest_of(newest, number, forged),
            **columns,
        )
        assert any(str(number) in fault for fault in access.verify().faults)

    def test_a_log_rebuilt_from_the_start_lacks_an_earlier_head(self, access: SqlAccess, url: str) -> None:
        """Who can write the database can forge the chain, and not what was kept elsewhere."""
        access.append(lines(6))
        head = access.verify().head
        tamper(url, "DELETE FROM audit_log")
        tamper(url, "DELETE FROM audit_head")
        access.append(lines(5))

        assert access.verify().faults == ()
        assert access.verify(head).faults == ("the log does not contain row 6 as an earlier check saw it",)


def tamper(url: str, statement: str, **values: Any) -> None:
    """Write past the store."""
    engine = create_engine(url)
    with engine.begin() as connection:
        assert connection.execute(text(statement), values).rowcount
    engine.dispose()
