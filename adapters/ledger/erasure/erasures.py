"""Erasures of the ledger: requested, pending while files are rewritten, finished with a proof.

A request sets the tombstone and deletes the customer's rows in one transaction, so that from its answer on nobody contacts the
customer. The id stands beside the tombstone until every file is done, for a process that dies in between; then the hash alone is left.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, select, text, update

from adapters.ledger.erasure import customer_rows, tombstones
from adapters.ledger.erasure.customer_vault import SEALED, CustomerVault, unpacked
from adapters.ledger.erasure.key_ring import unseal
from adapters.ledger.storage.columns import METADATA
from adapters.ledger.storage.database import Backend, reading, writing
from adapters.ledger.storage.file_scrub import scrub
from adapters.ledger.storage.tables import TOMBSTONES
from otokui.domain import Instant
from otokui.errors import Missing, Unavailable

_WAIT_SECONDS: Final = 30.0

Withdraw = Callable[[Connection, Backend, str], None]
"""Withdraws what was announced of a customer."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure: keyed hash of the id, times and proof.

    The times say when it was requested and when it was finished; the proof is JSON.
    """

    mark: str
    requested_at: Instant
    finished_at: Instant | None = None
    proof: Mapping[str, Any] | None = None


class Erasures:
    """Erasure and disclosure of customers in one ledger."""

    def __init__(self, engine: Engine, backend: Backend, vault: CustomerVault, withdraw: Withdraw) -> None:
        self._engine, self._backend, self._vault, self._withdraw = engine, backend, vault, withdraw

    def files(self) -> list[Path]:
        """Return the files of the database, none for a database server."""
        database = self._engine.url.database if self._engine.dialect.name == "sqlite" else None
        return [Path(database + ending) for ending in ("", "-wal", "-shm", "-journal")] if database else []

    def mark(self, customer_id: str) -> str:
        """Return the keyed hash of a customer's id."""
        return self._vault.mark(customer_id)

    def erased(self, customer_ids: Sequence[str]) -> set[str]:
        """Return those of the customers who were erased."""
        with reading(self._engine) as connection:
            return self._vault.erased(connection, self._backend, customer_ids)

    def erased_orders(self, order_ids: Sequence[str]) -> set[str]:
        """Return those of the orders that belonged to an erased customer."""
        with reading(self._engine) as connection:
            return self._vault.erased_orders(connection, self._backend, order_ids)

    def request(self, customer_id: str, at: Instant) -> tuple[Erasure, dict[str, int]]:
        """Set tombstones for every id of the person and delete their rows.

        The erasure and the rows by table are returned. Reservations of the customer that are being made at this moment are waited for,
        later ones are refused. Ids that were merged are one person (``adapters.ledger.identities``), and are all erased.
        """
        rows: Counter[str] = Counter()
        with writing(self._engine) as connection:
            self._backend.lock_merges(connection, exclusive=True)
            person = customer_rows.person_of(connection, customer_id)
            self._backend.lock_customers(connection, person)
            for each in person:
                mark = self._vault.mark(each)
                tombstones.bury(connection, self._backend, [mark], tombstones.CUSTOMER, at, each)
                self._withdraw(connection, self._backend, each)
                deleted = customer_rows.delete_rows(connection, self._backend, each, mark)
                rows.update(deleted)
                # Kept for the proof, which another process may have to write.
                noted = update(TOMBSTONES).where(TOMBSTONES.c.mark == mark)
                connection.execute(noted.values(proof=json.dumps({"ledger": deleted}, sort_keys=True)))
            if self._engine.dialect.name == "postgresql":
                now = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
                connection.execute(text(f"UPDATE tombstones SET written_by = {now} WHERE customer_id IS NOT NULL"))
        return self.find(customer_id), dict(rows)

    def bury_orders(self, order_ids: Sequence[str], at: Instant) -> None:
        """Set tombstones for the orders of an erased customer.

        Items of the inbox about them are deleted. Their lines and updates name no customer, and may come again.
        """
        marks = sorted({tombstones.mark_of(self._vault.hash_key, order_id, tombstones.ORDER) for order_id in order_ids})
        if marks:
            with writing(self._engine) as connection:
                tombstones.bury(connection, self._backend, marks, tombstones.ORDER, at, None)
                customer_rows.delete_orders(connection, self._backend, order_ids)

    def pending(self) -> list[str]:
        """Return the ids of customers whose erasure is not finished, the oldest first."""
        query = select(TOMBSTONES.c.customer_id).where(TOMBSTONES.c.customer_id.is_not(None))
        with reading(self._engine) as connection:
            return [row[0] for row in connection.execute(query.order_by(TOMBSTONES.c.requested_at, TOMBSTONES.c.mark))]

    def find(self, customer_id: str) -> Erasure:
        """Return the erasure of a customer.

        Raises:
            Missing: the customer was not erased.
        """
        query = select(TOMBSTONES).where(TOMBSTONES.c.mark == self._vault.mark(customer_id))
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise Missing(
                "no erasure of this customer was requested", fix="request it: `otokui erase CUSTOMER`, or DELETE /v1/customers/{id}"
            )
        proof = None if row["proof"] is None else json.loads(row["proof"])
        return Erasure(row["mark"], Instant(row["requested_at"]), row["finished_at"], proof)

    def delete_late_rows(self, customer_ids: Sequence[str], sleep: Callable[[float], None] = time.sleep) -> dict[str, int]:
        """Delete rows that transactions of before the tombstones have written since; return them by table.

        Raises:
            Unavailable: such a transaction is still running.
        """
        self._outlive(sleep)
        counts: Counter[str] = Counter()
        with writing(self._engine) as connection:
            for customer_id in customer_ids:
                self._withdraw(connection, self._backend, customer_id)
                counts.update(customer_rows.delete_rows(connection, self._backend, customer_id, self._vault.mark(customer_id)))
        return dict(counts)

    def finish(self, customer_id: str, at: Instant, proof: Mapping[str, Any]) -> Erasure:
        """Remove the id from beside the tombstone, and store the proof.

        Free pages of the database are overwritten.
        """
        mark = self._vault.mark(customer_id)
        with writing(self._engine) as connection:
            values = {"customer_id": None, "finished_at": int(at), "proof": json.dumps(proof, sort_keys=True)}
            connection.execute(update(TOMBSTONES).where(TOMBSTONES.c.mark == mark).values(**values))
        return self.find(customer_id)

    def scrub(self) -> None:
        """Overwrite what deleted rows left in the database's files."""
        scrub(self._engine, [table.name for table in METADATA.sorted_tables])

    def disclose(self, customer_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return every row about the customer, by table; encrypted inputs in the clear."""
        with reading(self._engine) as connection:
            found = customer_rows.rows_of(connection, customer_id)
            key = self._vault.key(connection, self._backend, customer_id)
        for row in found.get("decisions", []):
            if row["contact_state"] == SEALED and key is not None:
                row["inputs"], row["contact_state"] = unpacked(unseal(key, row["inputs"], row["decision_id"]))
        return found

    def rotate(self) -> int:
        """Wrap every key by the current master key.

        The number of keys that were changed is returned.
        """
        with writing(self._engine) as connection:
            return self._vault.rotate(connection, self._backend)

    def restored(self, marks: Sequence[str]) -> list[str]:
        """Return the customers in the ledger whose ids have these hashes.

        A backup from before the erasure brought them back.
        """
        wanted, found = set(marks), set[str]()
        with reading(self._engine) as connection:
            for table in customer_rows.tables_of_customers():
                for column in table.columns:
                    if column.name.endswith("customer_id"):
                        ids = (row[0] for row in connection.execute(select(column).distinct()) if row[0] is not None)
                        found |= {customer_id for customer_id in ids if self._vault.mark(customer_id) in wanted}
        return sorted(found)

    def _outlive(self, sleep: Callable[[float], None]) -> None:
        """Wait until every transaction of before the pending tombstones has ended (PostgreSQL; SQLite has one writer)."""
        if self._engine.dialect.name != "postgresql":
            return
        query = text(
            "SELECT COALESCE(MAX(written_by), 0) < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)"
            " FROM tombstones WHERE customer_id IS NOT NULL"
        )
        for _ in range(round(_WAIT_SECONDS / 0.1)):
            with reading(self._engine) as connection:
                if connection.execute(query).scalar_one():
                    return
            sleep(0.1)
        raise Unavailable(
            "a transaction of before the erasure is still running in PostgreSQL",
            fix="see pg_stat_activity; then run `otokui erase --pending`",
        )
