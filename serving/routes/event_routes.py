"""Call on events: orders, behaviour, customers, consents and suppressions as they happen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from otokui.events.items import Alias
from otokui.identity.roles import Role
from serving.dialects.dialect_registry import media_types
from serving.handlers.events.event_handler import EventHandler, EventReply
from serving.handlers.events.item_reading import EVENTS, MOST_ITEMS, EventRequest, ReadItem, aliases_of, entries_of, read_items
from serving.handlers.events.webhook_handler import WebhookHandler
from serving.handlers.micro_batching import MicroBatcher
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.request_bodies import read
from serving.http.requests import WebhookQuery
from serving.routes.group import RouteGroup

MOST_STORED_TOGETHER = 5_000
"""Items of all calls of one transaction: enough that its fixed cost no longer counts, few enough that a caller hardly waits."""

FEEDERS = frozenset({Role.SHOP_FEED, Role.ADMIN})
"""Roles that may send events."""


@dataclass(slots=True)
class EventRoutes(RouteGroup):
    """Events, stored in micro-batches."""

    _store: MicroBatcher[Sequence[ReadItem], bytes] = field(init=False)
    _webhook: WebhookHandler = field(init=False)

    def __post_init__(self) -> None:
        self._webhook = WebhookHandler(self.state)
        self._store = MicroBatcher(EventHandler(self.state.inbox, self.clock), MOST_STORED_TOGETHER)

    def start(self) -> None:
        """Start the worker that stores."""
        self._store.start()

    def stop(self) -> None:
        """Store what has arrived, then stop."""
        self._store.stop()

    @Operation(
        "POST",
        "/v1/events",
        name="events",
        roles=FEEDERS,
        takes=EventRequest,
        accepts=media_types(),
        query=WebhookQuery,
        gives=EventReply,
        signed=True,
        counted=True,
        refusals={413: "too many items, or too many bytes", 503: "nothing was stored; repeat the call after Retry-After"},
        example={
            "items": [
                {
                    "kind": "order",
                    "event_id": "order-1001",
                    "customer_id": "c-17",
                    "order_id": "1001",
                    "ordered_at": "2025-04-01T12:00:00+09:00",
                    "lines": [{"product_id": "tea", "quantity": "1", "paid_amount": "1200"}],
                }
            ]
        },
    )
    async def send_events(self, call: Call) -> HttpResponse:
        """Store 1 to 1,000 events: orders, behaviour, customers, consents, suppressions.

        Each item has a result of its own: `accepted`, `duplicate` (a success: it is stored already) or `refused`, with rule and fix. Items
        may come in any order and again. What is accepted is durable. A consent and a suppression hold before the reply is sent; the next
        decision of the customer knows of purchases and behaviour within a second. `known_at` may be set by keys of the role admin alone.
        With `as`, the body is a webhook of a provider.
        """
        if call.query is not None and call.query.dialect is not None:
            return await asyncio.to_thread(self._webhook, call.query.dialect, call, self.clock())
        raw = read(EVENTS, call.body).items
        self.check_count(raw, MOST_ITEMS, "items", "split them over several calls")
        items, may_import = read_items(raw), call.caller.role is not Role.SHOP_FEED
        if aliases_of(items):  # looked up off the event loop
            entries = await asyncio.to_thread(entries_of, items, self._customers_of, may_import=may_import)
        else:
            entries = entries_of(items, self._customers_of, may_import=may_import)
        return HttpResponse(await self._store(entries, len(entries)), customers=len(entries))

    def _customers_of(self, aliases: Sequence[Alias]) -> list[str | None]:
        return self.state.inbox().customers_of(aliases, self.clock())
