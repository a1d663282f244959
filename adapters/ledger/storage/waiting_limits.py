"""How long a ledger is waited for: a decision not longer than its caller does, the nightly jobs as long as they take.

Without bounds a lock that another session holds, a server that hangs or a cable that is pulled stall whoever asks for as long
as they last: PostgreSQL itself sets none of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self


@dataclass(frozen=True, slots=True)
class Patience:
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
        """Return that of a service whose callers wait so long: half of it, so that there is time left to say so."""
        return cls(lock=seconds / 2, statement=seconds / 2, connect=2, idle=60.0)

    def postgres(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a PostgreSQL connection; what the shop's URL asks for goes before ours."""
        ours = {
            "lock_timeout": self.lock,
            "statement_timeout": self.statement,
            "idle_in_transaction_session_timeout": self.idle,
        }
        options = " ".join(f"-c {name}={round(1_000 * seconds)}" for name, seconds in ours.items())
        # A server that has gone silent is noticed after about as long: two probes of a second each, or unacknowledged bytes.
        keepalives = {"keepalives_idle": max(1, self.connect), "keepalives_interval": 1, "keepalives_count": 2}
        found = {"connect_timeout": self.connect, "tcp_user_timeout": 1_000 * (self.connect + 2), **keepalives, **asked}
        return found | {"options": f"{options} {asked.get('options', '')}".strip()}


BULK: Final = Patience(lock=120.0, statement=3_600.0, connect=10, idle=3_600.0)
"""Imports and nightly runs, which hold transactions over millions of rows, and wait for one another."""
