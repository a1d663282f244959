"""Handler of webhooks: events into the inbox, outcomes into feedback.

It passes on what a dialect read of the payload. The caller is whom the signature proves. Without a secret, in development only, it must be
a caller who is admitted anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from otokui.domain import Instant
from otokui.events.feedback import ChannelCounts, Feedback
from otokui.events.items import Alias
from otokui.ports.inbox import ItemResult, ItemStatus
from serving.dialects.reading import DialectReading
from serving.dialects.webhook import dialect_named, read_webhook
from serving.handlers.events.event_handler import reply_of
from serving.handlers.events.feedback_reading import ReadFeedback, with_customers
from serving.handlers.events.item_reading import MOST_ITEMS, ReadItem, entries_of
from serving.http.operations import Call, HttpResponse
from serving.http.problems import Refused
from serving.live.state import LiveState


@dataclass(frozen=True, slots=True)
class WebhookHandler:
    """Handler of calls with ``?as=DIALECT``; runs off the event loop."""

    state: LiveState

    def __call__(self, name: str, call: Call, now: Instant) -> HttpResponse:
        """Store what a webhook says; return the result of each item, and counts of what was ignored and left behind.

        Raises:
            Refused: 400 unknown dialect or no JSON, 401 no or wrong signature, 413 too many items.
        """
        dialect = dialect_named(name)
        secret, context = self.state.source.webhooks(dialect.name)
        if not secret.value and not call.caller.who:
            fix = f"set the environment variable {secret.variable}"
            raise Refused(401, f"no secret is set for {dialect.name} webhooks", fix, code="no-secret")
        reading = read_webhook(dialect, call.headers, call.body, secret=secret, context=context, now=now)
        if len(reading.items) > MOST_ITEMS:
            detail = f"{len(reading.items)} items were sent, at most {MOST_ITEMS} fit in a call"
            raise Refused(413, detail, "let the provider send smaller batches", code="too-many-items")
        results = self._stored(reading, now)
        return HttpResponse(
            reply_of(results, reading.ignored, reading.stripped),
            customers=len(results),
            signed_by=f"webhook:{name}" if secret.value else "",
        )

    def _stored(self, reading: DialectReading, now: Instant) -> list[tuple[str, ItemResult]]:
        inbox = self.state.inbox()

        def customers(aliases: Sequence[Alias]) -> Sequence[str | None]:
            return inbox.customers_of(aliases, now)

        happened = [item for item in reading.items if not isinstance(item, Feedback | ChannelCounts)]
        outcomes = [ReadFeedback(item.event_id, item) for item in reading.items if isinstance(item, Feedback | ChannelCounts)]
        entries = entries_of(happened, customers, may_import=True)
        told = with_customers(outcomes, customers)
        kept = iter(inbox.take([one.entry for one in entries if one.entry is not None], now))
        items = [one.item for one in told if one.item is not None]
        stored = iter(self.state.source.feedback().take(items, now) if items else ())
        of_events = [(one.event_id, _result(one, next(kept) if one.entry is not None else None)) for one in entries]
        of_outcomes = [(one.event_id, one.refusal or next(stored)) for one in told]
        refused = [(one.event_id, ItemResult(ItemStatus.REFUSED, one.rule, detail=one.detail, fix=one.fix)) for one in reading.refused]
        return [*of_events, *of_outcomes, *refused]


def _result(item: ReadItem, stored: ItemResult | None) -> ItemResult:
    result = stored or item.refusal
    assert result is not None  # an item has an entry or a refusal
    return result
