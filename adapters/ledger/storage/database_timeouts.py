"""Timeouts of the ledger's database: half a caller's timeout, or hours for nightly jobs.

Without them a lock of another session, a server that hangs or a pulled cable would block a caller for as long as it lasts. PostgreSQL
sets none of these timeouts by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self


@dataclass(frozen=True, slots=True)
class DatabaseTimeouts:
    """Seconds after which the ledger counts as unavailable.

    lock: for a lock of another session, and for a connection of the pool; statement: for one statement, that lock included;
    connect: for a new connection; idle: for ourselves, between two statements of a transaction that holds locks.
    """

    lock: float
    statement: float
    connect: int
    idle: float

    @classmethod
    def of_calls(cls, seconds: float) -> Self:
        """Return the timeouts of a service whose callers wait so long.

        They are half of it, so that time is left to reply.
        """
        return cls(lock=seconds / 2, statement=seconds / 2, connect=2, idle=60.0)

    def postgres(self, of_url: Mapping[str, Any]) -> dict[str, Any]:
        """Return a PostgreSQL connection's arguments; the shop's URL overrides ours."""
        timeouts = {
            "lock_timeout": self.lock,
            "statement_timeout": self.statement,
            "idle_in_transaction_session_timeout": self.idle,
        }
        options = " ".join(f"-c {name}={round(1_000 * seconds)}" for name, seconds in timeouts.items())
        # A server that goes silent is noticed after about as long: two probes of a second each, or unacknowledged bytes.
        keepalives = {"keepalives_idle": max(1, self.connect), "keepalives_interval": 1, "keepalives_count": 2}
        arguments = {"connect_timeout": self.connect, "tcp_user_timeout": 1_000 * (self.connect + 2), **keepalives, **of_url}
        return arguments | {"options": f"{options} {of_url.get('options', '')}".strip()}


BULK: Final = DatabaseTimeouts(lock=120.0, statement=3_600.0, connect=10, idle=3_600.0)
"""Timeouts of imports and nightly runs, which hold transactions over millions of rows and wait for one another."""
