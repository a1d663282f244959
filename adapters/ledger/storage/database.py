"""Database backends of the ledger: the differences of SQLite and PostgreSQL in one class.

SQLite: WAL so that readers never wait for the writer; synchronous FULL, because a reservation that a power
cut takes back is a second message to somebody; BEGIN IMMEDIATE, because a transaction that first reads and
then writes would otherwise fail half-way when another has written in between.
PostgreSQL: READ COMMITTED and an advisory lock per group of customers, taken in one order.
Timeouts of both: ``adapters.ledger.storage.database_timeouts``.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from adapters.files.private_files import private, private_file
from adapters.ledger.storage.database_timeouts import BULK, DatabaseTimeouts
from adapters.ledger.storage.failures import translated
from otokui.errors import BadInput
from otokui.identity.hashing import bucket

LOCKS = 256
"""Customers share this many locks on PostgreSQL; a lock each would overflow its lock table at 6,400."""
_LOCK_SPACE = 0x07_0B_01
_SCHEMA_LOCK, _LIMITS_LOCK, _MERGES_LOCK, _INBOX_LOCK, _OUTBOX_LOCK = range(LOCKS, LOCKS + 5)
_BULK_ROWS = 20_000


class Backend:
    """SQLite backend; PostgreSQL overrides its methods."""

    greatest = "max"
    least = "min"
    position = "instr"
    skip_locked = ""
    ids = "json_each(:ids) AS j"
    """A relation of the customer ids: ``j.value`` the id, ``{at}`` the position."""
    at = "j.key"

    def bind(self, customer_ids: Sequence[str]) -> Any:
        """Return the ids as the one parameter that ``ids`` reads."""
        return json.dumps(list(customer_ids))

    def lock_schema(self, connection: Connection) -> None:
        """Lock the schema against other migrations until the transaction ends."""

    def lock_customers(self, connection: Connection, customer_ids: Sequence[str], *, limits: bool = False) -> None:
        """Lock these customers and the shop's limits against other reservations until commit."""

    def lock_merges(self, connection: Connection, *, exclusive: bool) -> None:
        """Lock merges of customers until commit: shared by reservations, exclusive for who records a merge."""

    def lock_outbox(self, connection: Connection) -> None:
        """Lock the numbers of changes until commit, after all other locks.

        The numbers are then in the order of commits.
        """

    def lock_request(self, connection: Connection, key: str) -> None:
        """Lock an idempotency key until the transaction ends."""

    def lock_inbox(self, connection: Connection) -> None:
        """Lock the inbox until commit, after the customers' locks.

        Its numbers are then given in the order of commits.
        """

    def refresh(self, connection: Connection, table: str) -> None:
        """Update a table's statistics after a bulk import; SQLite needs none."""

    def insert_many(
        self, connection: Connection, into: str, columns: Mapping[str, Sequence[Any]], types: dict[str, str], then: str
    ) -> None:
        """Insert columns of equal length: ``INSERT INTO {into} … {then}``; a key may occur twice."""
        names = list(columns)
        statement = f"INSERT INTO {into} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) {then}"
        rows = list(zip(*columns.values(), strict=True))
        for start in range(0, len(rows), _BULK_ROWS):
            connection.exec_driver_sql(statement, rows[start : start + _BULK_ROWS])


class PostgresBackend(Backend):
    """PostgreSQL backend: arrays for sets, advisory locks for turns."""

    greatest = "GREATEST"
    least = "LEAST"
    position = "strpos"
    skip_locked = "FOR UPDATE SKIP LOCKED"
    ids = "unnest(CAST(:ids AS text[])) WITH ORDINALITY AS j(value, place)"
    at = "j.place - 1"

    def bind(self, customer_ids: Sequence[str]) -> Any:
        """Return the ids as a list, which psycopg sends as an array."""
        return list(customer_ids)

    def lock_schema(self, connection: Connection) -> None:
        """Lock the schema, and lift the statement timeout for the migration."""
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        self._lock(connection, [_SCHEMA_LOCK])

    def lock_customers(self, connection: Connection, customer_ids: Sequence[str], *, limits: bool = False) -> None:
        """Lock customers in ascending order, so that two callers cannot deadlock."""
        numbers = {bucket(customer_id, LOCKS) for customer_id in customer_ids}
        self._lock(connection, sorted({*numbers, _LIMITS_LOCK} if limits else numbers))

    def lock_merges(self, connection: Connection, *, exclusive: bool) -> None:
        """Lock merges, ahead of the customers' locks; a reservation shares the lock with other reservations."""
        function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
        connection.execute(text(f"SELECT {function}(:space, :number)"), {"space": _LOCK_SPACE, "number": _MERGES_LOCK})

    def lock_outbox(self, connection: Connection) -> None:
        """Lock the numbers of changes.

        It is the last lock of a transaction, held for its commit alone.
        """
        self._lock(connection, [_OUTBOX_LOCK])

    def lock_request(self, connection: Connection, key: str) -> None:
        """Lock the idempotency key, ahead of the customers' locks and apart from them."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:space, :key)"), {"space": _LOCK_SPACE + 1, "key": bucket(key, 1 << 30)})

    def lock_inbox(self, connection: Connection) -> None:
        """Lock the inbox, so that its numbers follow the order of commits.

        A reader that has seen a number then never meets a lower one later.
        """
        self._lock(connection, [_INBOX_LOCK])

    def _lock(self, connection: Connection, numbers: list[int]) -> None:
        # The sub-query is sorted before the locks are asked for: its ORDER BY keeps the planner from merging the two.
        ordered = "SELECT number FROM unnest(CAST(:numbers AS int[])) AS number ORDER BY number"
        statement = text(f"SELECT count(pg_advisory_xact_lock(:space, number)) FROM ({ordered}) AS ordered")
        connection.execute(statement, {"space": _LOCK_SPACE, "numbers": numbers})

    def refresh(self, connection: Connection, table: str) -> None:
        """Analyse the table: without statistics the planner reads all of it for a thousand customers."""
        connection.execute(text(f"ANALYZE {table}"))

    def insert_many(
        self, connection: Connection, into: str, columns: Mapping[str, Sequence[Any]], types: dict[str, str], then: str
    ) -> None:
        """Send the columns as arrays: one round trip instead of one per row."""
        sets = ", ".join(f"CAST(:{name} AS {types[name]}[])" for name in columns)
        statement = text(f"INSERT INTO {into} ({', '.join(columns)}) SELECT * FROM unnest({sets}) {then}")
        length = len(next(iter(columns.values())))
        for start in range(0, length, _BULK_ROWS):
            connection.execute(statement, {name: list(values[start : start + _BULK_ROWS]) for name, values in columns.items()})


def connect(url: str, timeouts: DatabaseTimeouts = BULK) -> tuple[Engine, Backend]:
    """Make the engine for ``sqlite:///path`` or ``postgresql://…`` (psycopg 3).

    Raises:
        BadInput: the URL is neither.
        Unavailable: the database cannot be opened.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise _unknown(url.partition(":")[0]) from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url, timeouts), Backend()
    if parsed.get_backend_name() == "postgresql":
        try:
            return _postgres(parsed, timeouts), PostgresBackend()
        except (ModuleNotFoundError, NoSuchModuleError):
            raise BadInput("the driver of PostgreSQL is not installed", fix="install psycopg (extra `postgres`)") from None
    raise _unknown(parsed.drivername)


def _unknown(scheme: str) -> BadInput:
    return BadInput(f"a ledger cannot be kept in {scheme!r}", fix="set [stores] ledger_url to sqlite:///… or postgresql://…")


def _postgres(url: URL, timeouts: DatabaseTimeouts) -> Engine:
    address = url.set(drivername="postgresql+psycopg")
    arguments = timeouts.postgres(url.query)
    return create_engine(address, pool_pre_ping=True, pool_size=8, pool_timeout=timeouts.lock, connect_args=arguments)


def _sqlite(url: str, timeouts: DatabaseTimeouts) -> Engine:
    database = make_url(url).database
    _for_the_owner(database)
    arguments = {"timeout": timeouts.lock, "isolation_level": None}
    pool = {"pool_timeout": timeouts.lock} if database and database != ":memory:" else {}  # in memory each thread keeps its connection
    engine = create_engine(url, connect_args=arguments, pool_size=8, **pool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for attempt in range(100):
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError:  # the switch to WAL does not wait as other statements do
                if attempt == 99:
                    raise
                time.sleep(0.02)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # a deleted row is overwritten, not only unlinked
        connection.execute("PRAGMA cache_size=-65536")
        connection.execute("PRAGMA mmap_size=268435456")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Reads are single statements and need no transaction: each sees one state of the database.
        if connection.get_execution_options().get("writing"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _for_the_owner(database: str | None) -> None:
    """Remove other accounts' rights from the SQLite file.

    SQLite gives its write-ahead log the same rights.
    """
    if not database or database == ":memory:" or database.startswith("file:"):
        return
    private_file(Path(database))
    for ending in ("-wal", "-shm", "-journal"):
        private(Path(database + ending))


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a write transaction: all of it, or nothing.

    Raises:
        Unavailable: the database cannot be written.
        BadInput: it cannot store a value.
    """
    with available(), engine.connect() as bare:
        connection = bare.execution_options(writing=True)
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection for single statements.

    Raises:
        Unavailable: the database cannot be read.
    """
    with available(), engine.connect() as connection:
        yield connection


@contextmanager
def available() -> Iterator[None]:
    """Translate database errors into Unavailable or BadInput.

    Under Unavailable nobody is contacted.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, UnicodeError, OverflowError) as error:
        raise translated(error) from error
