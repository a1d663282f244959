"""Ports of access: the API keys on record, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from otokui.domain import Instant
from otokui.identity.roles import Role
from otokui.settings.service.service import Environment


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key as it is stored: its SHA-256, never the key.

    networks: addresses or networks (CIDR) it may be used from, () for any; requests_per_minute: None for no limit of its own;
    expires_at, revoked_at, last_used_at: epoch seconds, None for never.
    """

    key_id: str
    digest: str
    environment: Environment
    role: Role
    note: str
    networks: tuple[str, ...]
    requests_per_minute: int | None
    created_at: Instant
    expires_at: Instant | None = None
    revoked_at: Instant | None = None
    last_used_at: Instant | None = None

    def works(self, now: Instant) -> bool:
        """Return whether the key is neither revoked nor expired."""
        return not (_passed(self.revoked_at, now) or _passed(self.expires_at, now))


def _passed(at: Instant | None, now: Instant) -> bool:
    return at is not None and at <= now


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Line of the audit log: who, which call, when, from where, how many, how ended.

    who: a key's id, ``open`` where no key is asked for, ``verb:ACCOUNT`` for the command line; '' where nobody was recognised.
    call: name of the HTTP call or the verb. status: the HTTP status, 0 for a verb. requests: calls in this line; customers: customers in
    them. detail: ids of what was changed; never a customer's.
    """

    at: Instant
    who: str
    call: str
    address: str
    status: int
    customers: int = 0
    requests: int = 1
    detail: str = ""


class AccessStore(Protocol):
    """API keys and audit log of a shop.

    Every method raises Unavailable where the database cannot be used.
    """

    def key_records(self) -> Sequence[KeyRecord]:
        """Return every key, revoked and expired ones included, oldest first."""
        ...

    def mark_used(self, last_used_at: Mapping[str, Instant]) -> None:
        """Store when keys were last used, by key id; an earlier time changes nothing."""
        ...

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Append lines to the audit log, in one transaction."""
        ...
