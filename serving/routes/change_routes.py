"""Calls on what is due: decisions of the next window, without asking customer by customer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec

from otokui.domain import HOUR
from serving.handlers.changes.change_cursor import position_of, written
from serving.handlers.changes.change_messages import ChangesQuery, ChangesReply, change_rows
from serving.handlers.decisions.decision_handler import not_ready
from serving.http.operations import Call, HttpResponse, Operation
from serving.live.webhook_workers import WebhookWorkers
from serving.routes.decision_routes import DECIDERS
from serving.routes.group import RouteGroup


@dataclass(slots=True)
class ChangeRoutes(RouteGroup):
    """Feed of decisions that are due, or withdrawn; the workers of webhooks run beside it."""

    _workers: WebhookWorkers = field(init=False)

    def __post_init__(self) -> None:
        self._workers = WebhookWorkers(self.state, self.clock)

    def start(self) -> None:
        """Start the workers that tell endpoints."""
        self._workers.start()

    def stop(self) -> None:
        """Stop them."""
        self._workers.stop()

    @Operation("GET", "/v1/changes", name="changes", roles=DECIDERS, query=ChangesQuery, gives=ChangesReply)
    async def changes(self, call: Call) -> HttpResponse:
        """Read what is due in the next window.

        Decisions with a live reservation, of calls and of nightly runs, whose send window begins within `window_hours`, and withdrawals:
        a customer who refuses after a decision was handed over comes back as `withdrawn`. Store the page, then send its cursor: every
        change is handed over at least once, also those that are made meanwhile. The window never shrinks along a cursor.
        """
        live, query = self.state.live, call.query
        if live is None:
            raise not_ready()
        position = position_of(query.cursor, query.channel)
        seconds = round(query.window_hours * HOUR)
        page = await asyncio.to_thread(live.outbox.changes, position, now=self.clock(), window_seconds=seconds, limit=query.limit)
        reply = ChangesReply(change_rows(page.changes, live.timezone), written(page.position), page.more)
        return HttpResponse(msgspec.json.encode(reply))
