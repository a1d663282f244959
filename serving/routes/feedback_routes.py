"""Call on feedback: what became of the contacts that were decided, or sent by others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from otokui.domain import Instant
from otokui.identity.roles import Role
from serving.dialects.dialect_registry import media_types
from serving.handlers.events.event_handler import EventReply, reply_of
from serving.handlers.events.feedback_reading import FEEDBACK, FeedbackRequest, ReadFeedback, read_feedback, with_customers
from serving.handlers.events.item_reading import MOST_ITEMS
from serving.handlers.events.webhook_handler import WebhookHandler
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.request_bodies import read
from serving.http.requests import WebhookQuery
from serving.routes.group import RouteGroup

SENDERS = frozenset({Role.SEND_ENGINE, Role.ADMIN})
"""Roles that may report outcomes."""


@dataclass(slots=True)
class FeedbackRoutes(RouteGroup):
    """Feedback: outcomes of contacts, and counts of channels that tell no persons."""

    _webhook: WebhookHandler = field(init=False)

    def __post_init__(self) -> None:
        self._webhook = WebhookHandler(self.state)

    @Operation(
        "POST",
        "/v1/feedback",
        name="feedback",
        roles=SENDERS,
        takes=FeedbackRequest,
        accepts=media_types(),
        query=WebhookQuery,
        gives=EventReply,
        signed=True,
        counted=True,
        refusals={413: "too many items, or too many bytes", 503: "nothing was stored; repeat the call after Retry-After"},
        example={
            "items": [
                {
                    "kind": "outcome",
                    "event_id": "evt-1",
                    "outcome": "sent",
                    "occurred_at": "2025-04-01T12:00:00+09:00",
                    "decision_id": "d-1",
                },
                {
                    "kind": "counts",
                    "event_id": "line-restock-1",
                    "message_id": "restock",
                    "channel": "line",
                    "day": "2025-04-01",
                    "counts": {"delivered": 2000, "clicked": 30},
                },
            ]
        },
    )
    async def send_feedback(self, call: Call) -> HttpResponse:
        """Report 1 to 1,000 outcomes of contacts.

        They are sent, not sent, delivered, opened, clicked, converted, bounced, unsubscribed, complained and so on. A contact is named by
        its decision, by the send engine's own contact id, or by customer, message and channel. Items may come in any order and again;
        those of one contact lead to one contact. What was not sent frees its reservation; a hard bounce and a complaint close the channel,
        an unsubscribe is a consent change, before the reply is sent. `machine`: a machine opened or clicked. Counts of a channel that tells
        no persons replace earlier ones of the same message, channel and day. With `as`, the body is a webhook of a provider.
        """
        now = self.clock()
        if call.query is not None and call.query.dialect is not None:
            return await asyncio.to_thread(self._webhook, call.query.dialect, call, now)
        raw = read(FEEDBACK, call.body).items
        self.check_count(raw, MOST_ITEMS, "items", "split them over several calls")
        return HttpResponse(await asyncio.to_thread(self._stored, read_feedback(raw), now), customers=len(raw))

    def _stored(self, items: list[ReadFeedback], now: Instant) -> bytes:
        read_items = with_customers(items, lambda aliases: self.state.inbox().customers_of(aliases, now))
        told = [one.item for one in read_items if one.item is not None]
        stored = iter(self.state.source.feedback().take(told, now) if told else ())
        return reply_of([(one.event_id, one.refusal or next(stored)) for one in read_items])
