"""API keys and audit lines in memory, and the access control over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from otokui.domain import Instant
from otokui.errors import OtokuiError
from otokui.ports.access import AuditEntry, KeyRecord
from otokui.settings.service.service import Service
from serving.access.access_control import AccessControl
from serving.access.api_key_cache import ApiKeyCache
from serving.access.audit_trail import AuditTrail

NOON = Instant(1_743_476_400)  # 2025-04-01, noon in Tokyo


@dataclass
class AccessBook:
    """API keys and audit lines in memory."""

    records: list[KeyRecord] = field(default_factory=list)
    lines: list[AuditEntry] = field(default_factory=list)
    used: dict[str, Instant] = field(default_factory=dict)
    failure: OtokuiError | None = None

    def _ask(self) -> None:
        if self.failure is not None:
            raise self.failure

    def key_records(self) -> Sequence[KeyRecord]:
        self._ask()
        return list(self.records)

    def mark_used(self, last_used_at: Mapping[str, Instant]) -> None:
        self._ask()
        self.used |= last_used_at

    def append(self, entries: Sequence[AuditEntry]) -> None:
        self._ask()
        self.lines += entries


def gate(book: AccessBook, settings: Service, clock: Callable[[], Instant] = lambda: NOON) -> AccessControl:
    """Access control over keys in memory, read once."""
    made = AccessControl(settings, ApiKeyCache(lambda: book, clock), AuditTrail(lambda: book, clock), clock)
    made.keys.refresh()
    return made
