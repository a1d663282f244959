"""Calls on decisions: decide, look up and replay."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

import msgspec

from otokui.identity.roles import Role
from otokui.ports.ledger import RequestKey
from serving.handlers.decisions.decision_handler import DecisionHandler, KeyedRequest
from serving.handlers.decisions.replay import ReplayHandler
from serving.handlers.micro_batching import MicroBatcher
from serving.handlers.request_checks import check_name, checked
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.request_bodies import read
from serving.http.requests import DECISIONS, DecisionRequest
from serving.http.responses import Decision, DecisionReply, Replayed
from serving.routes.group import RouteGroup

DECIDERS = frozenset({Role.SEND_ENGINE, Role.ADMIN})
"""Roles that may ask for decisions and predictions of customers."""


@dataclass(slots=True)
class DecisionRoutes(RouteGroup):
    """Decisions: made in micro-batches, looked up and replayed from the log."""

    _decide: MicroBatcher[KeyedRequest, bytes] = field(init=False)
    _archive: ReplayHandler = field(init=False)

    def __post_init__(self) -> None:
        self._decide = MicroBatcher(DecisionHandler(self.state, self.clock), self.limits.max_customers)
        self._archive = ReplayHandler(self.state)

    def start(self) -> None:
        """Start the worker that decides."""
        self._decide.start()

    def stop(self) -> None:
        """Decide for the calls that have arrived, then stop."""
        self._decide.stop()

    @Operation(
        "POST",
        "/v1/decisions",
        name="decisions",
        roles=DECIDERS,
        takes=DecisionRequest,
        gives=DecisionReply,
        keyed=True,
        counted=True,
        refusals={413: "too many customers, or too many bytes", 503: "no models or summaries yet, or no reply in time; see Retry-After"},
        example={"customers": [{"customer_id": "c-17"}], "request_id": "2025-04-01-0001", "dry_run": True},
    )
    async def decide(self, call: Call) -> HttpResponse:
        """Decide for 1 to 1,000 customers.

        One row per customer, in the order of the request. Unless it is a dry run, a contact is reserved under the frequency caps until
        `valid_until`. Where the ledger cannot be read, the decision is `suppressed: state_unavailable`, never a contact. While the ledger
        lacks opt-outs that are on record, it is `suppressed: ledger_behind`. With a `context` the decision is for that pull channel
        and for now; without one no pull channel is chosen.
        """
        request = read(DECISIONS, call.body)
        self.check_customers(request.customers)
        request = checked(request, self.clock(), self.limits.max_as_of_days_ahead)
        key = call.headers.get(b"idempotency-key", b"").decode("latin-1") or request.request_id
        check_name(key, "Idempotency-Key")
        self.personal.refuse([("$.request_id", request.request_id or "")])
        # The digest is of the parsed request, not of its bytes: a retry may order its fields otherwise.
        digest = hashlib.sha256(msgspec.json.encode(request)).hexdigest() if key else ""
        keyed = KeyedRequest(request, RequestKey(f"decisions:{key}", digest) if key else None)
        return HttpResponse(await self._decide(keyed, len(request.customers)), customers=len(request.customers))

    @Operation(
        "GET",
        "/v1/decisions/{decision_id}",
        name="decision",
        roles=DECIDERS,
        gives=Decision,
        parameters={"decision_id": "id of the decision, from its row"},
        refusals={404: "no decision with this id is in the log"},
    )
    async def look_up(self, call: Call) -> HttpResponse:
        """Look up one decision.

        Returns the decision as it was answered, with its reasons. Decisions of a dry run are not logged.
        """
        return HttpResponse(await asyncio.to_thread(self._archive.read, call.named["decision_id"]), customers=1)

    @Operation(
        "POST",
        "/v1/decisions/{decision_id}/replay",
        name="replay",
        roles=DECIDERS,
        gives=Replayed,
        parameters={"decision_id": "id of the decision, from its row"},
        refusals={404: "no decision with this id is in the log"},
    )
    async def replay(self, call: Call) -> HttpResponse:
        """Replay one decision.

        Decides again from the logged inputs, with the models and the policy of then, not with the live ones. `same`: every byte is equal;
        `differing`: the fields that differ; `why`: the reason where a replay is not possible.
        """
        return HttpResponse(await asyncio.to_thread(self._archive.replay, call.named["decision_id"]), customers=1)
