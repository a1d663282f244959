"""Audit log as a hash chain of its rows (SHA-256).

Each row's digest covers the row and the digest before it. A row that is altered, deleted or inserted breaks the chain at that row, and
``verify`` names it. The newest row stands in a table of its own too, so that a log cut short is noticed. A person who can write the
database can also rebuild the whole chain; therefore keep the head that `otokui audit verify` prints elsewhere, and give it to the next
check.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass

from sqlalchemy import Connection, select

from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.tables import AUDIT_HEAD, AUDIT_LOG
from otokui.ports.access import AuditEntry

FIRST_DIGEST = hashlib.sha256(b"otokui audit log").hexdigest()
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """An entry with its number, counted from 1, and its digest."""

    number: int
    entry: AuditEntry
    digest: str


@dataclass(frozen=True, slots=True)
class Verified:
    """Result of a check of the audit chain.

    It holds the rows read, the newest number and digest, and the faults found, by number.
    """

    rows: int
    head: str
    faults: tuple[str, ...]


def append(connection: Connection, backend: Backend, entries: Sequence[AuditEntry]) -> None:
    """Append entries to the chain; processes take turns, so that there is one chain."""
    if not entries:
        return
    backend.lock_request(connection, "audit")
    number, digest = _head(connection) or (0, FIRST_DIGEST)
    rows = []
    for entry in entries:
        number += 1
        digest = digest_of(digest, number, entry)
        rows.append({"number": number, "digest": digest, **_columns(entry)})
    connection.execute(AUDIT_LOG.insert(), rows)
    connection.execute(AUDIT_HEAD.delete())
    connection.execute(AUDIT_HEAD.insert().values(number=number, digest=digest))


def digest_of(before: str, number: int, entry: AuditEntry) -> str:
    """Return the digest of an entry, after the digest before it."""
    text = json.dumps([before, number, *astuple(entry)], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def entries(connection: Connection, after: int = -(2**63)) -> Iterator[ChainedEntry]:
    """Yield every row with a number above ``after``, by number, in pages."""
    while True:
        found = connection.execute(select(AUDIT_LOG).where(AUDIT_LOG.c.number > after).order_by(AUDIT_LOG.c.number).limit(_PAGE)).all()
        for row in found:
            values = dict(row._mapping)
            number, digest = values.pop("number"), values.pop("digest")
            yield ChainedEntry(number, AuditEntry(**values), digest)
        if len(found) < _PAGE:
            return
        after = found[-1].number


def verify(connection: Connection, expected: str = "") -> Verified:
    """Check the chain row by row; rows that are appended meanwhile are checked too.

    expected: a head that an earlier check printed (``NUMBER:DIGEST``); the chain must still contain it.
    """
    faults: list[str] = []
    rows, newest, before = 0, 0, FIRST_DIGEST
    contained = not expected
    read_up_to: int | None = None
    while True:
        appended = False
        for row in entries(connection) if read_up_to is None else entries(connection, read_up_to):
            appended, read_up_to, rows = True, row.number, rows + 1
            if row.number < 1:
                faults.append(f"row {row.number} was inserted")
                continue
            if row.number > newest + 1:
                faults.append(f"rows {newest + 1} to {row.number - 1} are missing")
            elif row.digest != digest_of(before, row.number, row.entry):
                faults.append(f"row {row.number} was altered or inserted")
            contained = contained or f"{row.number}:{row.digest}" == expected
            newest, before = row.number, row.digest
        head = _head(connection)
        if head == (newest, before) or not appended:
            break
    if head != ((newest, before) if newest else None):
        faults.append(_of_head(head, newest))
    if not contained:
        faults.append(f"the log does not contain row {expected.partition(':')[0]} as an earlier check saw it")
    return Verified(rows, f"{newest}:{before}" if newest else "", tuple(faults))


def _of_head(head: tuple[int, str] | None, newest: int) -> str:
    if head is None:
        return f"rows 1 to {newest} are not known to the head, which is empty"
    if head[0] > newest:
        return f"rows {newest + 1} to {head[0]} are missing at the end"
    return f"rows {head[0] + 1} to {newest} were inserted at the end" if head[0] < newest else f"row {newest} or the head was altered"


def _head(connection: Connection) -> tuple[int, str] | None:
    row = connection.execute(select(AUDIT_HEAD)).first()
    return None if row is None else (int(row.number), str(row.digest))


def _columns(entry: AuditEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in AuditEntry.__slots__}
