"""The ledger's port in SQL: one connection a method, one transaction a write."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine, delete

from adapters.ledger import channel_closures, contact_state, decision_log, frequency_caps, idempotency
from adapters.ledger.erasure import tombstones
from adapters.ledger.erasure.customer_vault import CustomerVault
from adapters.ledger.erasure.erasures import Erasures
from adapters.ledger.erasure.key_ring import KEY_BYTES, UNWRAPPED, KeyRing
from adapters.ledger.frequency_caps import Caps
from adapters.ledger.identities import identity_rows
from adapters.ledger.identities.sql_identities import SqlIdentities
from adapters.ledger.ingestion import imports, response_counts, unfit_rows
from adapters.ledger.ingestion.batch_import import SetAside, bring
from adapters.ledger.outbox.sql_outbox import SqlOutbox
from adapters.ledger.reserve import reservations
from adapters.ledger.storage.database import Backend, connect, reading, writing
from adapters.ledger.storage.database_timeouts import BULK, DatabaseTimeouts
from adapters.ledger.storage.id_checks import refuse_odd
from adapters.ledger.storage.schema import bring_up_to_date
from adapters.ledger.storage.tables import RESERVATIONS
from adapters.ledger.storage.write_probe import probe
from otokui.domain import YES, Instant
from otokui.frames import ContactState, Floats
from otokui.ports.ledger import LoggedDecision, RequestKey, ResponseCounts, Written
from otokui.ports.reservations import Reservation, ReservationResult, Take
from otokui.settings.contacts.budget import Budget
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message


def open_ledger(
    url: str,
    *,
    channels: Sequence[Channel],
    messages: Sequence[Message],
    contact_cap: int,
    contact_cap_days: int,
    memory_days: int = 365,
    timezone: str = "UTC",
    budget: Budget | None = None,
    contact_spacing_hours: float = 0.0,
    timeouts: DatabaseTimeouts = BULK,
    ring: KeyRing = UNWRAPPED,
    paused: Callable[[], str] = lambda: "",
) -> SqlLedger:
    """Open a ledger, created or migrated where necessary.

    channels, messages: in the order of the policy; timeouts: of the database; ring: the master keys around the keys in the ledger.
    paused: returns why no reservation is made now, '' = they are made.

    Raises:
        BadInput: the URL names no database we know.
        Unavailable: the database cannot be used.
        Conflict: a newer build wrote it.
    """
    caps = Caps.of(
        channels,
        messages,
        contact_cap=contact_cap,
        contact_cap_days=contact_cap_days,
        memory_days=memory_days,
        timezone=timezone,
        budget=budget,
        contact_spacing_hours=contact_spacing_hours,
    )
    engine, backend = connect(url, timeouts)
    bring_up_to_date(engine, backend)
    return SqlLedger(engine, backend, caps, CustomerVault(ring, _hash_key(engine, ring)), paused)


def _hash_key(engine: Engine, ring: KeyRing) -> bytes:
    """Return the key of the tombstones' hashes, made where there is none."""
    with reading(engine) as connection:
        key = tombstones.hash_key(connection, ring)
    if key is None:
        with writing(engine) as connection:
            tombstones.make_hash_key(connection, ring, os.urandom(KEY_BYTES))
            key = tombstones.hash_key(connection, ring)
    assert key is not None
    return key


class SqlLedger:
    """The ledger of contacts, consents and reservations.

    It implements the port ``otokui.ports.ledger.Ledger``; ``erasures`` erases and discloses one customer.
    Safe for several threads and processes. Every method raises Unavailable when the database cannot be used;
    a caller that must answer then takes ``ContactState.unreadable`` and contacts nobody. A value that the database cannot store is
    BadInput: a mistake of one caller, and no outage.
    """

    def __init__(self, engine: Engine, backend: Backend, caps: Caps, vault: CustomerVault, paused: Callable[[], str]) -> None:
        self._engine, self._backend, self.caps, self.vault = engine, backend, caps, vault
        self._take = reservations.Taker(backend, caps, vault, paused)
        self._state = contact_state.statement(backend)
        self.identities = SqlIdentities(engine, backend)
        self.erasures = Erasures(engine, backend, vault, SqlOutbox.withdraw_erased)
        self.outbox = SqlOutbox(engine, backend, caps)

    def contact_state(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats | None = None) -> ContactState:
        """Return the contact state of these customers before ``as_of``, in their order.

        last_purchase_at: (n,) epoch seconds, NaN = never; where given, sends before it are not unanswered.

        Raises:
            BadInput: an id is not canonical (``otokui.identity.ids``); it could mean another customer to the database.
        """
        refuse_odd(customer_ids, "a customer id")
        with reading(self._engine) as connection:
            state = contact_state.read(connection, self._state, self._backend, self.caps, customer_ids, as_of, last_purchase_at)
            erased = self.vault.erased(connection, self._backend, customer_ids)
        if erased:
            state.blacklisted[[customer_id in erased for customer_id in customer_ids]] = YES
        return state

    def refused(self, as_of: Instant) -> dict[str, dict[str, int]]:
        """Count refused customers by channel and rule.

        The rules are unsubscribed, complained, bounced, no_consent and blacklisted.
        """
        with reading(self._engine) as connection:
            return channel_closures.count(connection, self._backend, self.caps, as_of)

    def settle(self, name: str, as_of: Instant, work: Callable[[Take], Mapping[str, ReservationResult]]) -> Mapping[str, ReservationResult]:
        """Make the reservations of a named piece of work once, in one transaction.

        work: is called with a function that makes reservations, may call it several times, and returns the rulings to store. Where
        rulings are stored under the name already, they are returned, and ``work`` is not called.
        """
        with writing(self._engine) as connection:
            self._backend.lock_request(connection, f"settle {name}")
            rulings: Mapping[str, ReservationResult] | None = reservations.find(connection, name)
            if rulings is None:
                rulings = work(lambda requests: self._take(connection, requests, as_of))
                reservations.keep(connection, name, rulings)
            return rulings

    def used(self, as_of: Instant, until: Instant) -> tuple[list[tuple[int, int, int]], float]:
        """Return the shop's used capacity and budget before ``as_of``.

        (channel index, send time, contacts) of what is sent or reserved from the day before ``as_of`` to ``until``, of
        channels that have a limit; and the money spent or reserved in the budget's period.
        """
        with reading(self._engine) as connection:
            return frequency_caps.used(connection, self.caps, as_of, until)

    def commit(
        self,
        wanted: Sequence[Reservation],
        as_of: Instant,
        write: Callable[[Sequence[ReservationResult], Take], Written],
        key: RequestKey | None,
        asked_at: Instant,
    ) -> bytes | None:
        """Make reservations, log the decisions and store the reply, in one transaction.

        write: called inside the transaction with the ruling on each reservation, and with a function that makes further reservations.
        key: where a reply is stored under it, that reply is returned and nothing is written.
        asked_at: the clock's instant, from which the reply is stored for 24 hours.

        Raises:
            Conflict: the key was used with another body.
        """
        with writing(self._engine) as connection:
            if key is not None:
                self._backend.lock_request(connection, key.key)
                stored = idempotency.find(connection, key, asked_at)
                if stored is not None:
                    return stored

            def take(requests: Sequence[Reservation]) -> Sequence[ReservationResult]:
                return self._take(connection, requests, as_of)

            rows, reply = write(take(wanted), take)
            decision_log.write(connection, self._backend, self.vault, rows)
            if key is not None and reply is not None:
                idempotency.keep(connection, key, reply, (self.vault.mark(row.customer_id) for row in rows), asked_at)
            return reply

    def answered(self, key: RequestKey, asked_at: Instant) -> bytes | None:
        """Return the reply stored under an idempotency key, None when there is none.

        Raises:
            Conflict: the key was used with another body.
        """
        with reading(self._engine) as connection:
            return idempotency.find(connection, key, asked_at)

    def decision(self, decision_id: str) -> LoggedDecision:
        """Return a logged decision with its inputs, or raise Missing."""
        refuse_odd([decision_id], "the decision id")
        with reading(self._engine) as connection:
            return decision_log.read(connection, self._backend, self.vault, decision_id)

    def decision_ids(self, since: Instant | None = None, until: Instant | None = None) -> list[str]:
        """Return ids of logged decisions with ``since <= as_of < until``, in alphabetical order."""
        with reading(self._engine) as connection:
            return decision_log.ids(connection, since, until)

    def decisions(self, decision_ids: Sequence[str]) -> list[LoggedDecision]:
        """Return logged decisions with their inputs, in the order of the ids.

        Ids that are not in the log are left out.
        """
        refuse_odd(decision_ids, "a decision id")
        with reading(self._engine) as connection:
            return decision_log.read_many(connection, self._backend, self.vault, decision_ids)

    def record_run(self, manifest: Mapping[str, Any]) -> None:
        """Record the manifest of a run over the whole base."""
        with writing(self._engine) as connection:
            decision_log.record_run(connection, manifest)

    def last_batch(self, source: str) -> int:
        """Return the last batch imported from ``contacts``, ``consents`` or ``suppressions``; -1 for none."""
        with reading(self._engine) as connection:
            return imports.last_batch(connection, source)

    def import_consents(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Import validated consents (Polars or Arrow); return the rows taken.

        A batch that is imported already gives 0.
        set_aside: is called with the rows that cannot be taken (``adapters.ledger.ingestion.batch_import``); without it they are an error.
        """
        return self._import("consents", imports.consents, frame, batch, set_aside)

    def import_contacts(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Import validated contacts, as ``import_consents`` does consents."""
        return self._import("contacts", imports.contacts, frame, batch, set_aside)

    def import_suppressions(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Import validated suppressions, as ``import_consents`` does consents."""
        return self._import("suppressions", imports.suppressions, frame, batch, set_aside)

    def import_identities(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Import validated identities, as ``import_consents`` does consents; merges in a circle are not taken."""
        return self._import("identities", identity_rows.imported, frame, batch, set_aside)

    def _import(self, source: str, how: Callable[..., int], frame: Any, batch: int | None, set_aside: SetAside | None) -> int:
        with writing(self._engine) as connection:
            if batch is not None:
                self._backend.lock_request(connection, f"import {source}")
                if batch <= imports.last_batch(connection, source):
                    return 0
                imports.mark(connection, source, batch)
            rows = unfit_rows.without_erased(frame, lambda ids: self.vault.erased(connection, self._backend, ids))
            return bring(connection, self._backend, source, how, rows, set_aside)

    def response_counts(self, since: Instant, as_of: Instant) -> ResponseCounts:
        """Count sends, conversions and reading hours of contacts sent in ``[since, as_of)``."""
        with reading(self._engine) as connection:
            return response_counts.count(connection, self.caps, since, as_of)

    def forget_lapsed(self, before: Instant) -> int:
        """Delete lapsed reservations, but for costs that the budget still counts; return their number."""
        spent = RESERVATIONS.c.dispatched_at.is_not(None) & (RESERVATIONS.c.reserved_at > int(before) - self.caps.money_seconds)
        with writing(self._engine) as connection:
            return connection.execute(delete(RESERVATIONS).where((RESERVATIONS.c.valid_until < int(before)) & ~spent)).rowcount

    def forget_replies(self, now: Instant) -> int:
        """Delete stored replies whose idempotency keys are over; return their number."""
        with writing(self._engine) as connection:
            return idempotency.forget(connection, now)

    def probe(self) -> None:
        """Probe the ledger for writing; raise Unavailable where that fails within a second."""
        probe(self._engine)

    @property
    def database(self) -> tuple[Engine, Backend]:
        """The database, for the tables beside the ledger's own (``adapters.access``, ``adapters.inbox``)."""
        return self._engine, self._backend

    def folder(self) -> Path | None:
        """Return the folder of the ledger's file, None for a database server."""
        files = self.erasures.files()
        return files[0].parent if files else None

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
