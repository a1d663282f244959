"""A ledger that kept a call waiting is left alone for a moment; one that failed at once is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from otokui.domain import Instant
from otokui.errors import Unavailable
from otokui.ports.ledger import RequestKey
from serving.live.ledger_circuit_breaker import LedgerCircuitBreaker
from serving.live.opt_out_check import OptOutCheck

KEY, NOW = RequestKey("one", ""), Instant(0)


class Locked:
    """A ledger whose every call takes so long and fails."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.at, self.asked = seconds, 100.0, 0

    def answered(self, key: RequestKey, asked_at: Instant) -> bytes | None:
        self.asked += 1
        self.at += self.seconds
        raise Unavailable("locked", fix="wait")


def resting(ledger: Any) -> LedgerCircuitBreaker:
    return LedgerCircuitBreaker(ledger, OptOutCheck(), slow_seconds=0.5, now=lambda: ledger.at)


def failures(resting_ledger: LedgerCircuitBreaker, times: int) -> Iterator[str]:
    for _ in range(times):
        with pytest.raises(Unavailable) as failed:
            resting_ledger.answered(KEY, NOW)
        yield failed.value.detail


def test_one_call_waits_for_a_lock_and_the_others_are_told() -> None:
    """Sixteen calls that wait a second each would be given up by their callers; after twice that time the ledger is asked again."""
    ledger = Locked(1.0)
    resting_ledger = resting(ledger)

    assert list(failures(resting_ledger, 16)) == ["locked"] + ["the ledger kept the last call waiting and is left alone for a moment"] * 15
    assert ledger.asked == 1
    ledger.at += 2.0
    assert list(failures(resting_ledger, 1)) == ["locked"]


def test_a_failure_at_once_concerns_nobody_else() -> None:
    """A refused connection, or something that one caller sent, is asked anew each time."""
    ledger = Locked(0.01)

    assert list(failures(resting(ledger), 3)) == ["locked"] * 3
    assert ledger.asked == 3
