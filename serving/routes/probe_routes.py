"""Calls of operators, without a key: liveness, readiness, metrics and the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from serving import metrics
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.responses import Liveness, Readiness
from serving.live.store_probes import StoreProbes
from serving.routes.group import RouteGroup


@dataclass(slots=True)
class ProbeRoutes(RouteGroup):
    """Liveness, readiness, metrics and the document of all calls (``document``, JSON)."""

    document: bytes = b""
    _probe: StoreProbes = field(default_factory=StoreProbes)

    @Operation("GET", "/livez", name="other", roles=None, gives=Liveness, limited=False)
    async def alive(self, _: Call) -> HttpResponse:
        """Whether the process answers."""
        return HttpResponse(b'{"alive":true}')

    @Operation("GET", "/healthz", name="other", roles=None, gives=Liveness, limited=False)
    async def healthy(self, call: Call) -> HttpResponse:
        """Whether the process answers, under another name."""
        return await self.alive(call)

    @Operation("GET", "/readyz", name="other", roles=None, gives=Readiness, replies={503: Readiness}, limited=False)
    async def ready(self, _: Call) -> HttpResponse:
        """Whether decisions can be made, and why not.

        503 where they cannot; `reasons` lists why.
        """
        readiness = msgspec.structs.replace(self.state.readiness(self.clock()), access=str(self.limits.access))
        failing = await self._probe(() if self.state.live is None else self.state.live.checks)
        if failing:
            readiness = msgspec.structs.replace(readiness, ready=False, reasons=[*readiness.reasons, *failing])
        metrics.ready.set(readiness.ready)
        return HttpResponse(msgspec.json.encode(readiness), 200 if readiness.ready else 503)

    @Operation("GET", "/metrics", name="other", roles=None, media_types=("text/plain",), limited=False)
    async def counters(self, _: Call) -> HttpResponse:
        """Counters for Prometheus, in its text format."""
        return HttpResponse(metrics.exposition(), media_type=metrics.MEDIA_TYPE)

    @Operation("GET", "/openapi.json", name="other", roles=None, gives=dict, limited=False)
    async def description(self, _: Call) -> HttpResponse:
        """This document: every call, in OpenAPI 3.1."""
        return HttpResponse(self.document)
