"""Asks that are answered together fail alone: an error is the answer of the ask that caused it, and of no other.

What fails for several is tried again in halves, until each failure stands with one ask: of 32 asks with one at fault, ten
tries. Only an outage is everybody's, and is not tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from otokui.errors import BadInput, OtokuiError
from serving.http.error_log import report
from serving.http.problems import Refused

Ask = TypeVar("Ask")


def isolated(asks: Sequence[Ask], answer: Callable[[Sequence[Ask]], Sequence[bytes | Exception]]) -> list[bytes | Exception]:
    """Return for each ask its reply, or the error to answer it with; ``answer`` is called again for halves where it raises."""
    try:
        return list(answer(asks))
    except Exception as error:
        if len(asks) <= 1 or everybodys(error):
            return [attributed(error)] * len(asks)
        report("answered_in_halves", error, asks=len(asks))
    return halves(asks, lambda half: isolated(half, answer))


def halves(asks: Sequence[Ask], each: Callable[[Sequence[Ask]], list[bytes | Exception]]) -> list[bytes | Exception]:
    """Return what ``each`` returns for both halves, in order."""
    middle = len(asks) // 2
    return each(asks[:middle]) + each(asks[middle:])


def everybodys(error: Exception) -> bool:
    """Say whether an error has nothing to do with what was asked: a store is down, or model and build disagree."""
    return isinstance(error, OtokuiError) and error.http_status >= 500


def attributed(error: Exception) -> Exception:
    """Return the error as its ask is answered with it: what came of a value is the caller's, never an outage."""
    if isinstance(error, OtokuiError | Refused) or not isinstance(error, ValueError | OverflowError):
        return error
    report("value_refused", error)
    said = f"a value of the call cannot be used ({type(error).__name__})"
    return BadInput(said, fix="check the ids and as_of; /openapi.json says what they may be")
