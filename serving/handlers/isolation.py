"""Isolation of errors in a micro-batch: each error goes to the request that caused it.

A batch that fails is tried again in halves, until each error belongs to one request: ten tries for 32 requests with one at fault.
An outage concerns every request and is not tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from otokui.errors import BadInput, OtokuiError
from serving.http.error_detail import report
from serving.http.problems import Refused

RequestT = TypeVar("RequestT")


def isolated(requests: Sequence[RequestT], answer: Callable[[Sequence[RequestT]], Sequence[bytes | Exception]]) -> list[bytes | Exception]:
    """Return for each request its reply or its error.

    ``answer`` is called again for each half where it raises.
    """
    try:
        return list(answer(requests))
    except Exception as error:
        if len(requests) <= 1 or everybodys(error):
            return [attributed(error)] * len(requests)
        report("answered_in_halves", error, asks=len(requests))
    return halves(requests, lambda half: isolated(half, answer))


def halves(requests: Sequence[RequestT], answer: Callable[[Sequence[RequestT]], list[bytes | Exception]]) -> list[bytes | Exception]:
    """Return the results of ``each`` for both halves of a batch, in order."""
    middle = len(requests) // 2
    return answer(requests[:middle]) + answer(requests[middle:])


def everybodys(error: Exception) -> bool:
    """Return whether an error is independent of the request.

    Such errors are a store that is down, and a model that this build cannot use.
    """
    return isinstance(error, OtokuiError) and error.http_status >= 500


def attributed(error: Exception) -> Exception:
    """Return the error as the reply to its request.

    An error that a value caused is the caller's, never an outage.
    """
    if isinstance(error, OtokuiError | Refused) or not isinstance(error, ValueError | OverflowError):
        return error
    report("value_refused", error)
    detail = f"a value of the call cannot be used ({type(error).__name__})"
    return BadInput(detail, fix="check the ids and as_of; /openapi.json says what they may be")
