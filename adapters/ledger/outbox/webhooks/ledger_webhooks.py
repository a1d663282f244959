"""Webhooks of one ledger: messages cut, signed, posted and recorded.

The next message of an endpoint is cut from the feed, signed and posted, and its result is recorded. A message is claimed before it is
posted and no transaction is open meanwhile, so that a receiver that fails, stalls or answers twice holds up nobody else. A process that
dies leaves a claim that ends by itself; then another process sends the message again, under its id.
"""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Engine

from adapters.ledger.outbox import change_feed
from adapters.ledger.outbox.sql_outbox import KEPT_DAYS, SqlOutbox
from adapters.ledger.outbox.webhooks import message_rows
from adapters.ledger.outbox.webhooks.http_post import PostResult, post
from adapters.ledger.outbox.webhooks.message_rows import DELIVERED, GIVEN_UP, LAPSED, ClaimedMessage
from adapters.ledger.outbox.webhooks.retry_schedule import wait_seconds
from adapters.ledger.outbox.webhooks.signing import secret_of, signed_headers
from adapters.ledger.storage.database import Backend, reading, writing
from otokui.domain import DAY, HOUR, Instant, show_instant
from otokui.ports.changes import DecisionChange
from otokui.settings.service.webhooks import Webhook

CHANGED: Final = "decisions.changed"
TEST: Final = "webhook.test"
_MARGIN_SECONDS: Final = 30.0
"""How much longer than its timeout a message is claimed."""

Post = Callable[[str, bytes, Mapping[str, str], float], PostResult]


class LedgerWebhooks:
    """Implements ``otokui.ports.changes.Webhooks``; safe for several threads and processes."""

    def __init__(
        self,
        database: tuple[Engine, Backend],
        outbox: SqlOutbox,
        timezone: str,
        *,
        environment: Mapping[str, str] = os.environ,
        post: Post = post,
        jitter: Callable[[], float] = lambda: random.uniform(0.5, 1.5),  # noqa: S311  no secret
    ) -> None:
        self._engine, self._backend = database
        self._outbox, self._timezone = outbox, timezone
        self._environment, self._post, self._jitter = environment, post, jitter

    def deliver(self, webhook: Webhook, now: Instant) -> bool:
        """Send the next message of an endpoint that is waiting.

        Whether there was anything to do is returned.

        Raises:
            BadSettings: its secret is missing. Unavailable: the ledger cannot be used.
        """
        secret = secret_of(webhook, self._environment)
        self._outbox.withdraw_refused(now)
        seconds = webhook.timeout_seconds + _MARGIN_SECONDS
        with writing(self._engine) as connection:
            had_changes = message_rows.cut(connection, webhook, f"msg_{uuid.uuid4().hex}", now)
            message = message_rows.claim(connection, self._backend, webhook, now, seconds)
        if message is None:
            return had_changes
        with reading(self._engine) as connection:
            changes = change_feed.still_true(connection, self._backend, message.sequences, now)
        if not changes:
            self._finish(message, LAPSED, now, PostResult(None))
            return True
        body = self._body(CHANGED, changes, message.created_at)
        result = self._post(webhook.url, body, signed_headers(secret, message.webhook_id, int(now), body), webhook.timeout_seconds)
        if result.delivered:
            self._finish(message, DELIVERED, now, result)
        elif now - message.created_at >= webhook.give_up_hours * HOUR:
            self._finish(message, GIVEN_UP, now, result)
        else:
            next_at = int(now + wait_seconds(message.attempts, self._jitter()))
            with writing(self._engine) as connection:
                message_rows.put_off(connection, message, next_at, result.status, result.error)
        return True

    def test(self, webhook: Webhook, now: Instant) -> PostResult:
        """Post a test message, signed as every other; it is not recorded.

        Raises:
            BadSettings: the secret is missing.
        """
        secret, body = secret_of(webhook, self._environment), self._body(TEST, (), now)
        headers = signed_headers(secret, f"msg_{uuid.uuid4().hex}", int(now), body)
        return self._post(webhook.url, body, headers, webhook.timeout_seconds)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of messages by endpoint and state."""
        with reading(self._engine) as connection:
            return message_rows.counts(connection)

    def messages(self, endpoint: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """Return messages, the newest first."""
        with reading(self._engine) as connection:
            return message_rows.newest(connection, endpoint, limit)

    def retry(self, endpoint: str, now: Instant) -> int:
        """Send messages that were given up once more; return how many."""
        with writing(self._engine) as connection:
            return message_rows.retry(connection, endpoint, now)

    def warnings(self, webhooks: Sequence[Webhook]) -> list[str]:
        """Return what an operator should look at: messages that were given up."""
        given_up = {name: states.get(GIVEN_UP, 0) for name, states in self.counts().items()}
        advice = "see `otokui webhook list`, then `otokui webhook retry`"
        return [
            f"webhook {webhook.name!r}: {given_up[webhook.name]} messages were given up; {advice}"
            for webhook in webhooks
            if given_up.get(webhook.name)
        ]

    def purge(self, webhooks: Sequence[Webhook], now: Instant) -> int:
        """Delete changes and messages that are done with; return how many."""
        with writing(self._engine) as connection:
            messages = message_rows.purge(connection, Instant(now - KEPT_DAYS * DAY), [webhook.name for webhook in webhooks])
        return messages + self._outbox.forget_changes(now)

    def _finish(self, message: ClaimedMessage, state: str, now: Instant, result: PostResult) -> None:
        with writing(self._engine) as connection:
            message_rows.finish(connection, message, state, now, result.status, result.error)

    def _body(self, kind: str, changes: Sequence[DecisionChange], at: Instant) -> bytes:
        told = [change.to_dict(self._timezone) for change in changes]
        return msgspec.json.encode({"type": kind, "timestamp": show_instant(at, self._timezone), "data": {"changes": told}})
