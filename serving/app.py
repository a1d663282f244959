"""HTTP application: the registered calls over the live state.

It holds their limits, start and stop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from otokui.domain import Instant
from otokui.settings.service.service import Service
from serving.access.access_control import AccessControl
from serving.access.api_key_cache import ApiKeyCache
from serving.access.audit_trail import AuditTrail
from serving.http.asgi import HttpApp
from serving.http.openapi import document
from serving.http.operations import handlers_of
from serving.http.personal_values import PersonalValues
from serving.http.request_bodies import Reader
from serving.live.state import LiveState
from serving.routes.group import RouteGroup
from serving.routes.probe_routes import ProbeRoutes
from serving.routes.registry import GROUPS, OPERATIONS

_READ_FOR_EACH_ANSWERED = 4
"""Request bodies being read, for each call that may be answered at once."""


@dataclass(slots=True)
class App:
    """The HTTP calls over the live models, policy and stores; ``asgi`` is the ASGI application."""

    state: LiveState
    limits: Service
    clock: Callable[[], Instant]
    personal: PersonalValues
    asgi: HttpApp = field(init=False)
    access: AccessControl = field(init=False)
    _groups: tuple[RouteGroup, ...] = field(init=False)

    def __post_init__(self) -> None:
        probes = ProbeRoutes(self.state, self.limits, self.clock, self.personal, document(OPERATIONS))
        self._groups = (*(group(self.state, self.limits, self.clock, self.personal) for group in GROUPS), probes)
        keys, trail = ApiKeyCache(self.state.source.access, self.clock), AuditTrail(self.state.source.access, self.clock)
        self.access = AccessControl(self.limits, keys, trail, self.clock)
        self.asgi = HttpApp(
            [call for group in self._groups for call in handlers_of(group)],
            Reader(
                self.limits.max_body_bytes,
                self.limits.read_timeout_seconds,
                most=_READ_FOR_EACH_ANSWERED * self.limits.max_concurrency,
                most_bytes=self.limits.max_concurrency * self.limits.max_body_bytes,
            ),
            max_concurrency=self.limits.max_concurrency,
            timeout_seconds=self.limits.timeout_seconds,
            gate=self.access,
            personal=self.personal,
        )

    def start(self) -> None:
        """Load the live models, policy and stores, and start the workers."""
        self.state.start()
        self.access.start()
        for group in self._groups:
            group.start()

    def stop(self) -> None:
        """Answer the calls that have arrived, then stop the workers."""
        for group in self._groups:
            group.stop()
        self.access.stop()
        self.state.stop()
