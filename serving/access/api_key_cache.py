"""API keys of the shop in memory, by their digest.

They are read again every ``swap_seconds``. A call therefore waits for no database. A key that is made or revoked counts within
``swap_seconds``. While the database does not answer, the last known keys go on working for ``STALE_SECONDS``; after that nobody is
admitted, because a revocation could have been missed.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from otokui.domain import Instant
from otokui.errors import OtokuiError, Unavailable
from otokui.identity.api_keys import ApiKey
from otokui.observe import log
from otokui.ports.access import AccessStore, KeyRecord

STALE_SECONDS: Final = 300


@dataclass(slots=True)
class ApiKeyCache:
    """API keys in memory, and when each was last used."""

    store: Callable[[], AccessStore]
    clock: Callable[[], Instant]
    _by_digest: Mapping[str, KeyRecord] = field(default_factory=dict)
    _read_at: Instant | None = None
    _used: dict[str, Instant] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refresh(self) -> None:
        """Store the last uses of the API keys, and read the keys again.

        The old ones stay where the database does not answer.
        """
        with self._lock:
            used, self._used = self._used, {}
        try:
            store = self.store()
            if used:
                store.mark_used(used)
            self._by_digest = {record.digest: record for record in store.key_records()}
            self._read_at = self.clock()
        except OtokuiError as error:
            with self._lock:
                self._used = used | self._used
            log.warning("keys_unreadable", error=type(error).__name__)

    def find(self, key: ApiKey) -> KeyRecord | None:
        """Return the record of a key that is stored, whether it still works or not.

        Raises:
            Unavailable: the keys have not been read yet, or not for too long.
        """
        read_at = self._read_at
        if read_at is None or self.clock() - read_at > STALE_SECONDS:
            raise Unavailable("the API keys cannot be read", fix="check [stores] ledger_url and the database")
        digest = key.digest
        record = self._by_digest.get(digest)
        return record if record is not None and hmac.compare_digest(record.digest, digest) else None

    def used(self, record: KeyRecord, now: Instant) -> None:
        """Note a use; ``refresh`` stores it."""
        if self._used.get(record.key_id) != now:
            with self._lock:
                self._used[record.key_id] = now
