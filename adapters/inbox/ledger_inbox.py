"""Inbox in the ledger's database: entries and the contact state that they change.

Both are written in one transaction. To accept items of any kind, call ``LedgerInbox.take`` with entries whose rows are rows of the data
contract's tables (``contacts`` for outcomes of contacts, ``otokui.events.rows.rows_of`` for events). To do more in the same transaction
(free a reservation), pass ``also``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Final

import polars as pl
from sqlalchemy import Connection

from adapters.inbox import stored_entries
from adapters.inbox.entry_checks import CheckedEntry, EntryChecks, refused
from adapters.ledger import SqlLedger
from adapters.ledger.identities import identity_rows
from adapters.ledger.ingestion import imports
from adapters.ledger.ingestion.batch_import import bring
from adapters.ledger.ingestion.unfit_rows import COLUMN, RULE
from adapters.ledger.storage.database import reading, writing
from adapters.records.store.layout import LAYOUTS, LOCAL
from adapters.records.validation.timestamps import local_seconds
from otokui.data_contract.tables import TABLES
from otokui.domain import Instant
from otokui.events.items import Alias
from otokui.identity.ids import is_canonical
from otokui.ports.identities import ERASED
from otokui.ports.inbox import InboxEntry, ItemResult, ItemStatus, StoredEntry

_IMPORTS: Final = {
    "identities": identity_rows.imported,
    "suppressions": imports.suppressions,
    "contacts": imports.contacts,
    "consents": imports.consents,
}
"""Tables whose rows are in the contact state at once; a consent never comes before the refusals that came with it."""

_POLARS: Final = {"VARCHAR": pl.String, "BIGINT": pl.Int64, "DOUBLE": pl.Float64, "BOOLEAN": pl.Boolean}

Also = Callable[[Connection, Sequence[ItemStatus | None]], None]
"""Further work in the transaction that stores entries; is given the status of each, None where its key was used with another body."""


class LedgerInbox:
    """Implements ``otokui.ports.inbox.Inbox``; safe for several threads and processes.

    It is in the database of ``ledger``; ``timezone`` is the shop's.
    """

    def __init__(self, ledger: SqlLedger, checks: EntryChecks, timezone: str) -> None:
        self._engine, self._backend = ledger.database
        self._identities, self._vault = ledger.identities, ledger.vault
        self._checks, self._timezone = checks, timezone

    def take(self, entries: Sequence[InboxEntry], received_at: Instant, also: Also | None = None) -> list[ItemResult]:
        """Check and store entries; return one result per entry, in order.

        also: is called in the transaction, after the contact state has changed.

        Raises:
            Unavailable: nothing was stored.
            BadInput: the database cannot store a value; nothing was stored.
        """
        checked = self._checks.check(entries, received_at)
        if also is None and all(one.refusal is not None for one in checked):
            return [one.refusal for one in checked if one.refusal is not None]
        with writing(self._engine) as connection:
            statuses = self.store(connection, checked, received_at)
            if also is not None:
                also(connection, [statuses.get(id(one), ItemStatus.REFUSED) for one in checked])
        return [one.refusal or _result(one, statuses[id(one)]) for one in checked]

    def check(self, entries: Sequence[InboxEntry], received_at: Instant) -> list[CheckedEntry]:
        """Return entries checked by the rules of the data contract; nothing is stored."""
        return self._checks.check(entries, received_at)

    def store(self, connection: Connection, checked: Sequence[CheckedEntry], received_at: Instant) -> dict[int, ItemStatus | None]:
        """Store checked entries within a transaction of the caller's.

        Statuses are returned by ``id``, of those not refused.
        """
        fit = self._without_erased(connection, [one for one in checked if one.refusal is None])
        return dict(zip(map(id, fit), self._store(connection, fit, received_at), strict=True))

    def customers_of(self, aliases: Sequence[Alias], as_of: Instant) -> list[str | None]:
        """Return the customer of each alias, None = unknown.

        An alias is unknown if nobody is on record under it, or if it cannot be an id.
        """
        usable = [alias for alias in aliases if is_canonical(alias.id)]
        found = dict(zip(usable, self._identities.customers_of(usable, as_of), strict=True))
        return [found.get(alias) for alias in aliases]

    def last(self) -> int:
        """Return the sequence number of the newest entry ever stored, 0 for none."""
        with reading(self._engine) as connection:
            return stored_entries.last(connection)

    def after(self, sequence: int, most: int = 10_000) -> list[StoredEntry]:
        """Return up to ``most`` entries with rows after a sequence number, in its order."""
        with reading(self._engine) as connection:
            return stored_entries.after(connection, sequence, most)

    def touched(self, after: int, through: int, before: Instant) -> list[tuple[int, str, str]]:
        """Return the entries after a number that the summaries do not include.

        Each is (sequence, customer id, order id).
        """
        with reading(self._engine) as connection:
            return stored_entries.touched(connection, after, through, before)

    def entries(self, sequences: Sequence[int]) -> list[StoredEntry]:
        """Return the entries of these numbers that have rows, in sequence."""
        with reading(self._engine) as connection:
            return stored_entries.of_numbers(connection, sequences)

    def of_customers(self, customer_ids: Sequence[str], order_ids: Sequence[str] = ()) -> list[StoredEntry]:
        """Return the entries that concern these customers or orders, in sequence.

        They are those with rows of the customers, of the customers' orders in the inbox, and of the orders.
        """
        with reading(self._engine) as connection:
            return stored_entries.of_customers(connection, self._backend, customer_ids, order_ids)

    def purge(self, through: int, before: Instant, keys_before: Instant, keep: Sequence[int] = ()) -> int:
        """Delete rows of summarised entries, and idempotency keys that are too old.

        Rows go once the records and the summaries include them, keys once they are too old to be repeated.
        """
        with writing(self._engine) as connection:
            return stored_entries.purge(connection, through, before, keys_before, keep)

    def _without_erased(self, connection: Connection, fit: Sequence[CheckedEntry]) -> list[CheckedEntry]:
        """Refuse entries about erased customers and their orders; return the others."""
        names = {id(one): _names(one, ("customer_id", "alias_id")) for one in fit}
        orders = {id(one): _names(one, ("order_id",)) for one in fit}
        erased = self._vault.erased(connection, self._backend, sorted(set().union(*names.values())))
        erased_orders = self._vault.erased_orders(connection, self._backend, sorted(set().union(*orders.values())))
        for one in fit:
            if names[id(one)] & erased or orders[id(one)] & erased_orders:
                one.refusal = refused(ERASED, next(iter(one.rows), ""))
        return [one for one in fit if one.refusal is None]

    def _store(self, connection: Connection, fit: Sequence[CheckedEntry], received_at: Instant) -> list[ItemStatus | None]:
        # A refusal waits for the decisions under way about its customers: none of them is committed after it.
        if any("identities" in one.rows for one in fit):
            self._backend.lock_merges(connection, exclusive=True)
        concerned = {one.customer_id for one in fit if one.customer_id and not _IMPORTS.keys().isdisjoint(one.rows)}
        if concerned:
            self._backend.lock_customers(connection, sorted(concerned))
        statuses = stored_entries.append(connection, self._backend, fit, received_at)
        accepted = [
            one for one, status in zip(fit, statuses, strict=True) if status is ItemStatus.ACCEPTED or (status is None and one.forbids)
        ]
        for table, how in _IMPORTS.items():
            rows = list(chain.from_iterable(one.rows.get(table, ()) for one in accepted))
            if rows:
                bring(
                    connection, self._backend, table, how, self._frame(table, rows, received_at), set_aside=partial(_note, accepted, table)
                )
        return statuses

    def _frame(self, table: str, rows: Sequence[dict[str, object]], received_at: Instant) -> pl.DataFrame:
        """Return rows for the ledger's import, known when the record store will say they were."""
        layout, contract = LAYOUTS[table], TABLES[table]
        schema = {column.name: _POLARS[layout.sql_type(column.name)] for column in contract.columns} | {"known_at": pl.Int64}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        happened = pl.col(contract.happened)
        known = pl.max_horizontal(pl.col("known_at").fill_null(happened), happened)
        if table == "consents":
            known = pl.when("opted_in").then(known).otherwise(pl.min_horizontal(known, pl.lit(int(received_at))))
        elif table in ("suppressions", "identities"):
            known = pl.min_horizontal(pl.col("known_at").fill_null(happened), pl.lit(int(received_at)))
        frame = frame.with_columns(known_at=known)
        if table in LOCAL:
            at, local = LOCAL[table]
            frame = frame.with_columns(local_seconds(pl.col(at), self._timezone).alias(local))
        return frame


def _names(one: CheckedEntry, columns: Sequence[str]) -> set[str]:
    """Return the ids in these columns of an entry's rows; the alias of a merge is a customer, that of a source is none."""
    rows = (row for rows in one.rows.values() for row in rows)
    return {str(row[name]) for row in rows for name in columns if row.get(name) and not (name == "alias_id" and row.get("source"))}


def _note(accepted: Sequence[CheckedEntry], table: str, aside: pl.DataFrame) -> None:
    """Note of entries whose rows the ledger could not take (a merge that would close a circle) what rule they broke."""
    key = [name for name in LAYOUTS[table].key if name in aside.columns]
    broken = {tuple(row[name] for name in key): row for row in aside.iter_rows(named=True)}
    for one in accepted:
        for row in one.rows.get(table, ()):
            found = broken.get(tuple(row.get(name) for name in key))
            if found is not None:
                one.doubt = refused(found[RULE], table, found[COLUMN])


def _result(one: CheckedEntry, status: ItemStatus | None) -> ItemResult:
    if status is None:
        return refused(stored_entries.CONFLICT, "")
    if status is ItemStatus.ACCEPTED and one.doubt is not None:
        return one.doubt
    return ItemResult(status)
