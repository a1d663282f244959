"""Calls on one customer: everything on record disclosed, everything erased."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

from otokui.domain import show_instant
from otokui.errors import Missing
from otokui.identity.ids import canonical
from otokui.identity.roles import Role
from serving.handlers.customers.customer_types import DisclosureReply, ErasureReply
from serving.handlers.decisions.decision_handler import not_ready
from serving.handlers.predictions import PredictionHandler
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.requests import PredictedCustomer, PredictionRequest
from serving.live.customer_desk import CustomerDesk, ErasureWatcher, RequestedErasure
from serving.live.state import Live
from serving.routes.group import RouteGroup

_ID = {"customer_id": "the shop's pseudonymous customer id"}
_ADMIN = frozenset({Role.ADMIN})


@dataclass(slots=True)
class CustomerRoutes(RouteGroup):
    """Disclosure and erasure of one customer."""

    _watcher: ErasureWatcher = field(init=False)

    def __post_init__(self) -> None:
        self._watcher = ErasureWatcher(lambda: None if self.state.live is None else self.state.live.customer_desk)

    def start(self) -> None:
        """Start the thread that starts the worker of erasures."""
        self._watcher.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._watcher.stop()

    @Operation(
        "GET",
        "/v1/customers/{customer_id}",
        name="customer",
        roles=_ADMIN,
        gives=DisclosureReply,
        parameters=_ID,
        refusals={404: "nothing is on record about this customer, or everything was erased"},
    )
    async def disclose(self, call: Call) -> HttpResponse:
        """Disclose everything on record and decided about one customer.

        Records of every version, quarantined rows, the ledger, decisions with their inputs and reasons, and the predictions now.
        """
        live, desk = self._desk()
        customer_id = canonical(call.named["customer_id"])
        told = await asyncio.to_thread(desk.disclose, customer_id)
        if not any(told.values()):
            raise Missing("nothing is on record about this customer", fix="check the id; an erased customer is on no record")
        reply = DisclosureReply(
            customer_id=customer_id,
            disclosed_at=show_instant(self.clock(), live.timezone),
            predictions=await asyncio.to_thread(self._predictions, customer_id),
            **told,
        )
        return HttpResponse(json.dumps(msgspec.to_builtins(reply), ensure_ascii=False, default=str).encode())

    @Operation(
        "DELETE",
        "/v1/customers/{customer_id}",
        name="customer_erasure",
        roles=_ADMIN,
        gives=ErasureReply,
        status=202,
        replies={200: ErasureReply},
        parameters=_ID,
    )
    async def erase(self, call: Call) -> HttpResponse:
        """Erase one customer from every store, file and log.

        From the reply on the customer is not contacted, and no file, event or feedback brings them back. 202 while files are being
        rewritten, 200 with the proof when everything is done; repeat the call to learn which. Ids that were merged are one person.
        """
        live, desk = self._desk()
        customer_id = canonical(call.named["customer_id"])
        erasure = await asyncio.to_thread(desk.erased, customer_id)
        if erasure is None:
            erasure = await asyncio.to_thread(desk.request, customer_id, self.clock())
        reply = _reply(erasure, live)
        return HttpResponse(msgspec.json.encode(reply), 202 if reply.finished_at is None else 200)

    def _desk(self) -> tuple[Live, CustomerDesk]:
        live = self.state.live
        if live is None or live.customer_desk is None:
            raise not_ready()
        return live, live.customer_desk

    def _predictions(self, customer_id: str) -> dict[str, Any] | None:
        (reply,) = PredictionHandler(self.state, self.clock)([PredictionRequest(customers=[PredictedCustomer(customer_id=customer_id)])])
        if isinstance(reply, Exception):  # summaries that are too old, or being swapped: the rest is disclosed all the same
            return None
        rows: list[dict[str, Any]] = json.loads(reply)["predictions"]
        return rows[0]


def _reply(erasure: RequestedErasure, live: Live) -> ErasureReply:
    done = erasure.finished_at is not None
    return ErasureReply(
        customer=erasure.mark,
        status="done" if done else "pending",
        requested_at=show_instant(erasure.requested_at, live.timezone),
        finished_at=None if erasure.finished_at is None else show_instant(erasure.finished_at, live.timezone),
        proof=dict(erasure.proof) if done and erasure.proof is not None else None,
    )
