"""Keys in memory: read again, kept through a short outage, refused after a long one."""

from __future__ import annotations

import pytest

from otokui.domain import Instant
from otokui.errors import Unavailable
from serving.access.api_key_cache import STALE_SECONDS, ApiKeyCache
from tests.unit.serving.access.test_access_control import made
from tests.unit.serving.access_book import NOON, AccessBook


def test_a_revocation_counts_with_the_next_refresh() -> None:
    """And so does a new key."""
    (first, of_first), (second, of_second) = made(), made(key_id="key-2")
    book = AccessBook([of_first])
    ring = ApiKeyCache(lambda: book, lambda: NOON)
    ring.refresh()
    assert (ring.find(first), ring.find(second)) == (of_first, None)

    book.records = [of_second]
    ring.refresh()

    assert (ring.find(first), ring.find(second)) == (None, of_second)


def test_an_outage_leaves_the_last_known_keys_for_a_while() -> None:
    """After that a revocation could have been missed, and nobody is admitted."""
    key, record = made()
    book, times = AccessBook([record]), [NOON]
    ring = ApiKeyCache(lambda: book, lambda: times[-1])
    ring.refresh()
    book.failure = Unavailable("the ledger is gone", fix="bring it back")

    times.append(Instant(NOON + STALE_SECONDS))
    ring.refresh()
    assert ring.find(key) == record

    times.append(Instant(NOON + STALE_SECONDS + 1))
    with pytest.raises(Unavailable):
        ring.find(key)


def test_nobody_is_admitted_before_the_keys_are_read() -> None:
    """A service without a database yet knows no key: 503, not 401."""
    with pytest.raises(Unavailable):
        ApiKeyCache(lambda: None, lambda: NOON).find(made()[0])


def test_uses_that_could_not_be_stored_wait() -> None:
    """The latest of each key."""
    _, record = made()
    book = AccessBook([record], failure=Unavailable("gone", fix="wait"))
    ring = ApiKeyCache(lambda: book, lambda: NOON)
    ring.used(record, NOON)
    ring.refresh()
    ring.used(record, Instant(NOON + 5))
    book.failure = None

    ring.refresh()

    assert book.used == {"key-1": Instant(NOON + 5)}
