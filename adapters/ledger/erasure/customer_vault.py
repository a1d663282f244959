"""Encryption of the decision log's inputs under one random key per customer.

The key stands in the ledger, wrapped by the master key (``adapters.ledger.erasure.key_ring``). Erasing it erases the inputs of every
logged decision about the customer, in every copy of the log that was made without the keys. A key is read within the transaction
that uses it and held nowhere else, so that an erasure in another process counts at once.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, select, text, update

from adapters.ledger.erasure import tombstones
from adapters.ledger.erasure.key_ring import KEY_BYTES, KeyRing, seal, unseal
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.tables import CUSTOMER_KEYS, LEDGER_KEYS
from otokui.ports.ledger import LoggedDecision

SEALED: Final = ""
"""``contact_state`` of a row whose inputs and contact state are encrypted together; earlier builds wrote JSON."""

_LENGTH = struct.Struct("<I")
_TYPES = {"customer_id": "text", "wrapped": "bytea", "master": "text"}
_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class CustomerVault:
    """Keys of one ledger: one per customer, wrapped by the master keys.

    It also holds the key of the tombstones' hashes.
    """

    ring: KeyRing
    hash_key: bytes = field(repr=False)

    def mark(self, customer_id: str) -> str:
        """Return the keyed hash by which an erased customer is known."""
        return tombstones.mark_of(self.hash_key, customer_id)

    def erased(self, connection: Connection, backend: Backend, customer_ids: Sequence[str]) -> set[str]:
        """Return those of the customers who were erased."""
        return tombstones.erased(connection, backend, self.hash_key, customer_ids)

    def erased_orders(self, connection: Connection, backend: Backend, order_ids: Sequence[str]) -> set[str]:
        """Return those of the orders that belonged to an erased customer."""
        return tombstones.erased(connection, backend, self.hash_key, order_ids, tombstones.ORDER)

    def seal(self, connection: Connection, backend: Backend, rows: Sequence[LoggedDecision]) -> list[bytes]:
        """Return the encrypted inputs and contact state of each row.

        Customers without a key get one.
        """
        keys = self._made(connection, backend, sorted({row.customer_id for row in rows}))
        return [seal(keys[row.customer_id], _packed(row), row.decision_id) for row in rows]

    def opened(self, connection: Connection, backend: Backend, rows: Sequence[LoggedDecision]) -> list[LoggedDecision]:
        """Return rows with their inputs; those whose key was erased are left out."""
        keys = self._read(connection, backend, sorted({row.customer_id for row in rows if row.contact_state == SEALED}))
        return list(_unsealed(rows, keys))

    def key(self, connection: Connection, backend: Backend, customer_id: str) -> bytes | None:
        """Return a customer's key, None where there is none."""
        return self._read(connection, backend, [customer_id]).get(customer_id)

    def rotate(self, connection: Connection, backend: Backend) -> int:
        """Wrap every key by the current master key, and return their number.

        Keys that another master key wraps, or none, are wrapped.

        Raises:
            Unavailable: a key is wrapped by a master key that is not configured.
        """
        changed = 0
        stale = select(LEDGER_KEYS).where(LEDGER_KEYS.c.master != self.ring.name)
        for name, wrapped, master in connection.execute(stale).all():
            again = self.ring.wrap(self.ring.unwrap(bytes(wrapped), master, name), name)
            statement = update(LEDGER_KEYS).where(LEDGER_KEYS.c.name == name)
            changed += connection.execute(statement.values(wrapped=again, master=self.ring.name)).rowcount
        while rows := connection.execute(select(CUSTOMER_KEYS).where(CUSTOMER_KEYS.c.master != self.ring.name).limit(_AT_ONCE)).all():
            keys = {customer_id: self.ring.unwrap(bytes(wrapped), master, customer_id) for customer_id, wrapped, master in rows}
            then = "ON CONFLICT (customer_id) DO UPDATE SET wrapped = excluded.wrapped, master = excluded.master"
            backend.insert_many(connection, "customer_keys", self._columns(keys), _TYPES, then)
            changed += len(rows)
        return changed

    def _made(self, connection: Connection, backend: Backend, customer_ids: Sequence[str]) -> dict[str, bytes]:
        keys = self._read(connection, backend, customer_ids)
        new = {customer_id: os.urandom(KEY_BYTES) for customer_id in customer_ids if customer_id not in keys}
        if not new:
            return keys
        # Another process may make one at the same time: the first one stands, and both read it.
        backend.insert_many(connection, "customer_keys", self._columns(new), _TYPES, "ON CONFLICT (customer_id) DO NOTHING")
        return keys | self._read(connection, backend, list(new))

    def _read(self, connection: Connection, backend: Backend, customer_ids: Sequence[str]) -> dict[str, bytes]:
        if not customer_ids:
            return {}
        query = text(f"SELECT k.customer_id, k.wrapped, k.master FROM {backend.ids} JOIN customer_keys AS k ON k.customer_id = j.value")
        rows = connection.execute(query, {"ids": backend.bind(customer_ids)})
        return {customer_id: self.ring.unwrap(bytes(wrapped), master, customer_id) for customer_id, wrapped, master in rows}

    def _columns(self, keys: Mapping[str, bytes]) -> dict[str, Sequence[Any]]:
        wrapped = [self.ring.wrap(key, customer_id) for customer_id, key in keys.items()]
        return {"customer_id": list(keys), "wrapped": wrapped, "master": [self.ring.name] * len(keys)}


def unpacked(plain: bytes) -> tuple[bytes, str]:
    """Return the inputs and the contact state of a decrypted row."""
    end = _LENGTH.size + int(_LENGTH.unpack_from(plain)[0])
    return plain[_LENGTH.size : end], plain[end:].decode()


def _packed(row: LoggedDecision) -> bytes:
    return _LENGTH.pack(len(row.inputs)) + row.inputs + row.contact_state.encode()


def _unsealed(rows: Sequence[LoggedDecision], keys: Mapping[str, bytes]) -> Iterator[LoggedDecision]:
    for row in rows:
        if row.contact_state != SEALED:
            yield row
        elif row.customer_id in keys:
            inputs, contact_state = unpacked(unseal(keys[row.customer_id], row.inputs, row.decision_id))
            yield replace(row, inputs=inputs, contact_state=contact_state)
