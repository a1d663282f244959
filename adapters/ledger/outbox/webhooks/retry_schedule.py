"""Retry schedule of webhooks out: exponential back-off with jitter, up to an hour."""

from __future__ import annotations

from typing import Final

_FIRST_SECONDS: Final = 5.0
_LONGEST_SECONDS: Final = 3_600.0


def wait_seconds(attempts: int, jitter: float) -> float:
    """Return the wait before the next attempt, in seconds.

    It doubles each time up to an hour, times ``jitter``.
    """
    return min(_FIRST_SECONDS * 2.0 ** min(attempts - 1, 20), _LONGEST_SECONDS) * jitter
