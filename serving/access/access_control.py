"""Access control of a call, before its body is read.

It checks key, environment, address, role and rate limit.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from otokui.domain import Instant
from otokui.identity.api_keys import ApiKey
from otokui.identity.roles import Role
from otokui.observe import log
from otokui.ports.access import KeyRecord
from otokui.settings.service.service import Access, Service, is_loopback
from serving.access.api_key_cache import ApiKeyCache
from serving.access.audit_trail import AuditTrail
from serving.http.error_detail import report
from serving.http.gate import NOBODY, Caller, CallOutcome, Denied

OPEN: Final = "open"
_CREATE: Final = "send Authorization: Bearer with a key of `otokui key create`"
_CHALLENGE: Final = {"www-authenticate": 'Bearer realm="otokui"'}
_FORWARDED: Final = (b"x-forwarded-for", b"forwarded")


@dataclass(slots=True)
class AccessControl:
    """Implements ``serving.http.gate.Gate``: API keys from the cache, or open access on the loopback."""

    settings: Service
    keys: ApiKeyCache
    trail: AuditTrail
    clock: Callable[[], Instant]
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def start(self) -> None:
        """Read the keys, then read them again and write the audit log every ``swap_seconds``."""
        if self.settings.access is Access.OPEN:
            log.warning("open_access", means="callers on the loopback need no API key", fix="[service] access = keys asks for one")
        self.keys.refresh()
        self._thread = threading.Thread(target=self._keep_up, name="otokui-access", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and write what is not in the audit log yet."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5.0)
        self.keys.refresh()
        self.trail.flush(everything=True)

    def _keep_up(self) -> None:
        while not self._stop.wait(self.settings.swap_seconds):
            try:
                self.keys.refresh()
                self.trail.flush()
            except Exception as error:  # the next round tries again
                report("access_upkeep_failed", error)

    def admit(self, name: str, roles: frozenset[Role] | None, headers: Mapping[bytes, bytes], scope: Mapping[str, Any]) -> Caller:
        """Return the caller.

        Raises:
            Denied: 401 no valid key, 403 not permitted, 429 too many calls of this key.
        """
        if roles is None:
            return NOBODY
        address = _address(scope)
        if self.settings.access is Access.OPEN:
            return _open(address, headers, scope)
        record = self._record(headers, address)
        caller = Caller(record.key_id, record.role, address)
        if record.networks and not _within(address, record.networks):
            raise Denied(
                403,
                "this key may not be used from this address",
                "call from an address of its list, or make a key with another: `otokui key create --network`",
                code="address",
                caller=caller,
            )
        if record.role not in roles:
            raise Denied(
                403,
                f"a key with the role {record.role} may not use this call",
                f"use a key with one of these roles: {', '.join(sorted(roles))}",
                code="role",
                caller=caller,
            )
        self._limit(record, caller)
        self.keys.used(record, self.clock())
        return caller

    async def record(self, name: str, caller: Caller, outcome: CallOutcome, *, at_once: bool) -> None:
        """Record a call in the audit trail."""
        await self.trail.record(name, caller, outcome, at_once=at_once)

    def _record(self, headers: Mapping[bytes, bytes], address: str) -> KeyRecord:
        nobody = Caller("", None, address)
        scheme, _, text = headers.get(b"authorization", b"").partition(b" ")
        if not text:
            raise Denied(401, "the call carries no API key", _CREATE, code="no-key", caller=nobody, headers=_CHALLENGE)
        key = ApiKey.parse(text.strip().decode("latin-1")) if scheme.lower() == b"bearer" else None
        if key is None:
            detail = "what the call carries is no API key, or one with a typing mistake"
            raise Denied(401, detail, _CREATE, code="not-a-key", caller=nobody, headers=_CHALLENGE)
        if key.environment is not self.settings.environment:
            detail = f"this is a key of the {key.environment} environment; here it is {self.settings.environment}"
            raise Denied(401, detail, "use a key of this environment", code="environment", caller=nobody, headers=_CHALLENGE)
        record = self.keys.find(key)
        if record is None or not record.works(self.clock()) or record.environment is not key.environment or record.role is not key.role:
            detail = "the key is not known here, is revoked, or has expired"
            raise Denied(401, detail, "`otokui key list` says which keys work", code="unknown-key", caller=nobody, headers=_CHALLENGE)
        return record

    def _limit(self, record: KeyRecord, caller: Caller) -> None:
        if record.requests_per_minute is None:
            return
        limit = RateLimitItemPerMinute(record.requests_per_minute)
        if not self._limiter.hit(limit, record.key_id):
            seconds = self._limiter.get_window_stats(limit, record.key_id).reset_time - time.time()
            raise Denied(
                429,
                f"this key may make {record.requests_per_minute} calls a minute",
                "wait for Retry-After, then repeat with the same key; ask for more customers in one call",
                code="rate-limit",
                caller=caller,
                headers={"retry-after": str(max(1, math.ceil(seconds)))},
            )


def _open(address: str, headers: Mapping[bytes, bytes], scope: Mapping[str, Any]) -> Caller:
    """Return the caller under open access: a program of this machine, over the loopback, and no proxy in between."""
    server = scope.get("server")
    here = server is None or server[1] is None or is_loopback(server[0])  # no port: a socket file
    if here and not any(name in headers for name in _FORWARDED):
        return Caller(OPEN, None, address)
    raise Denied(
        403,
        "access is open, and therefore only for programs on this machine that call the loopback themselves",
        'set [service] access = "keys" and create a key: `otokui key create`',
        code="open-access",
        caller=Caller("", None, address),
    )


def _address(scope: Mapping[str, Any]) -> str:
    """Return the caller's address, '' where it is none; uvicorn has put a trusted proxy's X-Forwarded-For in its place."""
    client = scope.get("client")
    return _canonical(client[0]) if client else ""


@lru_cache(maxsize=4_096)
def _canonical(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


@lru_cache(maxsize=4_096)
def _within(address: str, networks: tuple[str, ...]) -> bool:
    if not address:
        return False
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in networks)
