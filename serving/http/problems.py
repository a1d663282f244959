"""Problem documents (RFC 9457) of every failing call, each with its fix.

A response never carries a stack trace, nor any sent value beyond the path of the field at fault.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from otokui.errors import Conflict, Missing, OtokuiError
from serving.http.error_detail import caller_text

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = {429: 1, 503: 2}

_TITLES: Final = {
    400: "The body cannot be read",
    401: "The caller is not known",
    403: "The caller may not do that",
    404: "There is nothing here",
    405: "That method is not answered here",
    408: "The request did not arrive in time",
    409: "The request conflicts with an earlier one",
    413: "The request is too large",
    415: "Only JSON is read here",
    422: "The request cannot be meant",
    429: "Too many calls at once",
    431: "The headers are too large",
    500: "Something went wrong here",
    503: "No decision can be made now",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem document (RFC 9457): the error, its cause and its fix."""

    type: str
    title: str
    status: int
    detail: str
    fix: str
    instance: str = ""
    field: str = ""


class Refused(Exception):
    """Error that is answered with a problem document."""

    def __init__(self, status: int, detail: str, fix: str, *, code: str, field: str = "") -> None:
        super().__init__(detail)
        self.problem = Problem(type=f"/problems/{code}", title=_TITLES[status], status=status, detail=detail, fix=fix, field=field)


def of_error(error: OtokuiError) -> Problem:
    """Return the problem document of one of the product's errors."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    # The detail may name files of the machine; callers get the text without them.
    detail = caller_text(error.detail) if error.http_status < 500 or isinstance(error, Missing | Conflict) else _plain(error)
    fix = caller_text(error.fix) if error.http_status < 500 else "try again later; the log of the service says more"
    return Problem(type=f"/problems/{name}", title=_TITLES[error.http_status], status=error.http_status, detail=detail, fix=fix)


def of_validation(error: msgspec.ValidationError) -> Refused:
    """Return the problem of an invalid JSON body, with the field's path."""
    message = str(error)
    text, _, path = message.partition(" - at `")
    return Refused(422, text, "correct that field; /openapi.json describes the call", code="invalid-field", field=path.rstrip("`") or "$")


def unexpected() -> Problem:
    """Return the problem of an unexpected error; the details are in the log."""
    return Problem(
        type="/problems/unexpected",
        title=_TITLES[500],
        status=500,
        detail="the call could not be answered",
        fix="try again with the same Idempotency-Key; if it happens again, the log of the service says why",
    )


def headers(status: int) -> dict[str, str]:
    """Return a problem's HTTP headers: Retry-After, and Connection where it is closed."""
    if status == 408:
        return {"connection": "close"}
    return {"retry-after": str(RETRY_SECONDS[status])} if status in RETRY_SECONDS else {}


def encode(problem: Problem, instance: str) -> bytes:
    """Return the document as JSON; ``instance`` is the path that was called."""
    return msgspec.json.encode(msgspec.structs.replace(problem, instance=instance))


def _plain(error: OtokuiError) -> str:
    says: dict[str, Any] = {"SkewError": "model and features do not belong together", "BrokenModel": "no usable model is live"}
    return str(says.get(type(error).__name__, "something the service depends on does not answer"))
