"""The application: routes, limits and micro-batching of the HTTP calls."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from otokui.domain import Instant
from otokui.ports.ledger import RequestKey
from otokui.settings.service.service import Service
from serving import metrics
from serving.handlers.decisions.decision_handler import DecisionHandler, KeyedRequest
from serving.handlers.decisions.replay import ReplayHandler
from serving.handlers.micro_batching import MicroBatcher
from serving.handlers.predictions import PredictionHandler
from serving.handlers.request_checks import check_name, checked
from serving.http import openapi
from serving.http.asgi import Call, HttpApp, HttpResponse, Route, read
from serving.http.problems import Refused
from serving.http.request_bodies import Reader
from serving.http.requests import DECISIONS, PREDICTIONS, CustomerRequest, PredictionRequest
from serving.live.state import LiveState
from serving.live.store_probes import StoreProbes

_READ_FOR_EACH_ANSWERED = 4
"""Request bodies being read, for each call that may be answered at once."""


@dataclass(slots=True)
class App:
    """The HTTP calls over the live models, policy and stores; ``asgi`` is the ASGI application."""

    state: LiveState
    limits: Service
    clock: Callable[[], Instant]
    asgi: HttpApp = field(init=False)
    _archive: ReplayHandler = field(init=False)
    _decide: MicroBatcher[KeyedRequest, bytes] = field(init=False)
    _predict: MicroBatcher[PredictionRequest, bytes] = field(init=False)
    _probe: StoreProbes = field(default_factory=StoreProbes)

    def __post_init__(self) -> None:
        self._decide = MicroBatcher(DecisionHandler(self.state, self.clock), self.limits.max_customers)
        self._archive = ReplayHandler(self.state)
        self._predict = MicroBatcher(PredictionHandler(self.state, self.clock), self.limits.max_customers)
        self.asgi = HttpApp(
            (
                Route("POST", "/v1/decisions", self.decisions, "decisions", limited=True),
                Route("GET", "/v1/decisions/{decision_id}", self.decision, "decision", limited=True, body=False),
                Route("POST", "/v1/decisions/{decision_id}/replay", self.replay, "replay", limited=True, body=False),
                Route("POST", "/v1/predictions", self.predictions, "predictions", limited=True),
                Route("GET", "/livez", self.alive),
                Route("GET", "/healthz", self.alive),
                Route("GET", "/readyz", self.ready),
                Route("GET", "/metrics", self.metrics),
                Route("GET", "/openapi.json", self.description),
            ),
            Reader(
                self.limits.max_body_bytes,
                self.limits.read_timeout_seconds,
                most=_READ_FOR_EACH_ANSWERED * self.limits.max_concurrency,
                most_bytes=self.limits.max_concurrency * self.limits.max_body_bytes,
            ),
            max_concurrency=self.limits.max_concurrency,
            timeout_seconds=self.limits.timeout_seconds,
        )

    def start(self) -> None:
        """Load the live models, policy and stores, and start the workers."""
        self.state.start()
        self._decide.start()
        self._predict.start()

    def stop(self) -> None:
        """Answer the calls that have arrived, then stop the workers."""
        self._decide.stop()
        self._predict.stop()
        self.state.stop()

    async def decisions(self, call: Call) -> HttpResponse:
        """Decide for the customers of the body."""
        request = read(DECISIONS, call.body)
        self._not_too_many(request.customers)
        request = checked(request, self.clock(), self.limits.max_as_of_days_ahead)
        key = call.headers.get(b"idempotency-key", b"").decode("latin-1") or request.request_id
        check_name(key, "Idempotency-Key")
        # The digest is of the parsed request, not of its bytes: a retry may order its fields otherwise.
        digest = hashlib.sha256(msgspec.json.encode(request)).hexdigest() if key else ""
        keyed = KeyedRequest(request, RequestKey(f"decisions:{key}", digest) if key else None)
        return HttpResponse(await self._decide(keyed, len(request.customers)))

    async def predictions(self, call: Call) -> HttpResponse:
        """Predict for the customers of the body."""
        request = read(PREDICTIONS, call.body)
        self._not_too_many(request.customers)
        request = checked(request, self.clock(), self.limits.max_as_of_days_ahead)
        return HttpResponse(await self._predict(request, len(request.customers)))

    async def decision(self, call: Call) -> HttpResponse:
        """Return one logged decision as it was answered."""
        return HttpResponse(await asyncio.to_thread(self._archive.read, call.named["decision_id"]))

    async def replay(self, call: Call) -> HttpResponse:
        """Replay one decision; the reply says whether it is the same."""
        return HttpResponse(await asyncio.to_thread(self._archive.replay, call.named["decision_id"]))

    async def alive(self, _: Call) -> HttpResponse:
        """Liveness: the process answers."""
        return HttpResponse(b'{"alive":true}')

    async def ready(self, _: Call) -> HttpResponse:
        """Readiness: whether decisions can be made, with the reasons where not."""
        readiness = self.state.readiness(self.clock())
        failing = await self._probe(() if self.state.live is None else self.state.live.checks)
        if failing:
            readiness = msgspec.structs.replace(readiness, ready=False, reasons=[*readiness.reasons, *failing])
        metrics.ready.set(readiness.ready)
        return HttpResponse(msgspec.json.encode(readiness), 200 if readiness.ready else 503)

    async def metrics(self, _: Call) -> HttpResponse:
        """Return the metrics in Prometheus's text format."""
        return HttpResponse(metrics.exposition(), media_type=metrics.MEDIA_TYPE)

    async def description(self, _: Call) -> HttpResponse:
        """Return the OpenAPI document."""
        return HttpResponse(openapi.document())

    def _not_too_many(self, customers: list[CustomerRequest]) -> None:
        if len(customers) > self.limits.max_customers:
            raise Refused(
                413,
                f"{len(customers)} customers were asked for, at most {self.limits.max_customers} fit in a call",
                "split them over several calls, or use `otokui decide` for the whole base",
                code="too-many-customers",
                field="$.customers",
            )
