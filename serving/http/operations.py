"""Registration of an HTTP call, by the decorator of its handler.

The decorator states all that is known of the call. Routing, documentation, limits and access read the registration; nothing about a call is
written anywhere else. A handler is a method ``async (self, call: Call) -> HttpResponse`` of a ``serving.routes.group.RouteGroup``. Its
docstring is the call's summary (first line) and description.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final, TypeVar

from otokui.identity.roles import Role
from serving.http.gate import NOBODY, Caller

JSON: Final = "application/json"
NAMED_ID: Final = "id, as another call returned it"
_ATTRIBUTE: Final = "otokui_operation"

_WITH_ROLES: Final = {
    401: "no API key, or one that is not known, revoked, expired or of another environment",
    403: "the key's role or its list of addresses does not permit the call",
}
_WITH_BODY: Final = {
    400: "the body cannot be read",
    408: "the body was not complete in time",
    413: "too many items, or too many bytes",
    415: "the body is not of a media type of this call",
    422: "a field is not valid; `field` is its path",
}
_WITH_LIMITS: Final = {
    429: "too many calls at once, or of this key in a minute; see Retry-After",
    431: "the headers are too large",
    503: "not ready, or no reply in time; see Retry-After",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call: headers, body, path parameters and query.

    Headers are in lower case, the body is whole, path parameters are by name, and the query is parsed.
    """

    headers: Mapping[bytes, bytes]
    body: bytes
    named: Mapping[str, str] = field(default_factory=dict)
    query: Any = None
    """An instance of the registration's ``query`` type."""
    caller: Caller = NOBODY


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Body, status, media type and further headers of a response.

    For the audit log: ``customers`` is how many it concerns, ``signed_by`` whom a signature in place of a key proved.
    """

    body: bytes
    status: int = 200
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    customers: int = 0
    signed_by: str = ""


Handler = Callable[[Call], Awaitable[HttpResponse]]
MethodT = TypeVar("MethodT", bound=Callable[..., Awaitable[HttpResponse]])


@dataclass(frozen=True, slots=True)
class Operation:
    """All that is stated of one HTTP call; an instance decorates the call's handler.

    roles: roles that may use it; None: no key is asked for (probes).
    name: label of the metrics and of the audit log, by default the handler's name.
    takes: msgspec type of the body; accepts: its media types. query: msgspec struct, a field for each parameter of the query.
    gives: msgspec type of the reply, with its status and media types; replies: further statuses with a reply of their own.
    refusals: further statuses with a problem document, and those whose usual text does not fit.
    parameters: what the parameters of the path are. keyed: whether it reads an Idempotency-Key.
    limited: whether it counts towards the calls at once. example: a body, as in the documentation.
    signed: whether a call with `as` in its query may come without a key, because the handler checks its signature.
    counted: whether the audit log counts it by the minute; otherwise each call has a line, written before its reply is sent.
    """

    method: str
    path: str
    _: KW_ONLY
    roles: frozenset[Role] | None
    name: str = ""
    takes: Any = None
    accepts: tuple[str, ...] = (JSON,)
    query: Any = None
    gives: Any = None
    status: int = HTTPStatus.OK
    media_types: tuple[str, ...] = (JSON,)
    replies: Mapping[int, Any] = field(default_factory=dict)
    refusals: Mapping[int, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    keyed: bool = False
    limited: bool = True
    signed: bool = False
    counted: bool = False
    example: Any = None
    operation_id: str = field(default="", init=False)
    summary: str = field(default="", init=False)
    description: str = field(default="", init=False)

    def __call__(self, handler: MethodT) -> MethodT:
        """Register a handler, with its name as the operation id and its docstring as summary and description."""
        summary, _, text = (inspect.getdoc(handler) or "").partition("\n\n")
        made = replace(self, name=self.name or handler.__name__)
        for name, value in (
            ("operation_id", handler.__name__),
            ("summary", " ".join(summary.split()).rstrip(".")),
            ("description", " ".join(text.split())),
        ):
            object.__setattr__(made, name, value)
        setattr(handler, _ATTRIBUTE, made)
        return handler

    @property
    def named(self) -> tuple[str, ...]:
        """Names of the parameters of the path."""
        return tuple(part.strip("{}") for part in self.path.split("/") if part.startswith("{"))

    def all_refusals(self) -> dict[int, str]:
        """Return every status that is answered with a problem document, with its text."""
        found: dict[int, str] = {} if self.roles is None else dict(_WITH_ROLES)
        if self.limited:
            found |= _WITH_LIMITS | {400: "the request is not HTTP/1.1"}
        if self.takes is not None:
            found |= _WITH_BODY
        if self.query is not None:
            found[422] = "a field or parameter is not valid; `field` is its path"
        if self.limited and self.takes is None:
            found.setdefault(422, "the call has no such parameter")
        if self.named:
            found[404] = "nothing has this id"
        if self.keyed:
            found[409] = "the Idempotency-Key was used for another request"
        return dict(sorted((found | dict(self.refusals)).items()))


def operations_of(group: type) -> Iterator[tuple[str, Operation]]:
    """Yield the name of each handler of a class with its registration.

    They come in the order of the file.
    """
    for name, member in vars(group).items():
        made = getattr(member, _ATTRIBUTE, None)
        if isinstance(made, Operation):
            yield name, made


def handlers_of(group: object) -> Iterator[tuple[Operation, Handler]]:
    """Yield each registration of an instance with its bound handler."""
    for name, made in operations_of(type(group)):
        yield made, getattr(group, name)
