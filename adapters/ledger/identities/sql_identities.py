"""Identities in SQL: the port on the ledger's database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from adapters.ledger.identities import merges
from adapters.ledger.storage.database import Backend, reading
from adapters.ledger.storage.id_checks import refuse_odd
from otokui.domain import Instant
from otokui.events.items import Alias


class SqlIdentities:
    """Identities on record; implements ``otokui.ports.identities.Identities``.

    Safe for several threads and processes, like the ledger whose database it is.
    """

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self._engine, self._backend = engine, backend

    def customers_of(self, aliases: Sequence[Alias], as_of: Instant) -> list[str | None]:
        """Return the surviving customer of each alias, None = the alias is on no record."""
        refuse_odd((alias.id for alias in aliases), "an alias id")
        by_source: dict[str, set[str]] = {}
        for alias in aliases:
            by_source.setdefault(alias.source, set()).add(alias.id)
        with reading(self._engine) as connection:
            found = {
                (source, alias_id): customer_id
                for source, ids in by_source.items()
                for alias_id, customer_id in merges.newest(connection, self._backend, source, ids, int(as_of)).items()
            }
            merged = merges.surviving(connection, self._backend, found.values(), int(as_of)) if found else {}
        customers = (found.get((alias.source, alias.id)) for alias in aliases)
        return [None if customer is None else merged.get(customer, customer) for customer in customers]

    def surviving(self, customer_ids: Sequence[str], as_of: Instant) -> list[str]:
        """Return the surviving customer of each id: the id itself if it was not merged."""
        refuse_odd(customer_ids, "a customer id")
        with reading(self._engine) as connection:
            merged = merges.surviving(connection, self._backend, customer_ids, int(as_of))
        return [merged.get(customer_id, customer_id) for customer_id in customer_ids]
