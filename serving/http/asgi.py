"""The ASGI application: limits on body, concurrency and media type, then the route's handler.

BentoML sets no limit to a body and labels its metrics with the raw path, so both are bounded here. It is one plain ASGI callable,
because each middleware of a stack costs every call. ``serving.http.request_bodies`` reads a body before its call counts towards the
concurrency limit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from otokui.errors import OtokuiError
from serving import metrics
from serving.http import problems
from serving.http.error_log import report
from serving.http.problems import Problem, Refused
from serving.http.request_bodies import Reader, Receive

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

JSON = "application/json"
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call: headers (lower case), whole body, and the path's parameters by name."""

    headers: Mapping[bytes, bytes]
    body: bytes
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Body, status and media type of a response."""

    body: bytes
    status: int = 200
    media_type: str = JSON


Handler = Callable[[Call], Awaitable[HttpResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One path, one method; a part of the path in braces stands for any. ``limited`` ones count towards the calls at once;
    ``body``: whether they take one.
    """

    method: str
    path: str
    handler: Handler
    name: str = "other"
    limited: bool = False
    body: bool = True


@dataclass(slots=True)
class HttpApp:
    """ASGI application over a few routes.

    reader: reads the bodies, within its own limits; max_concurrency: more limited calls at once get 429;
    timeout_seconds: a call that takes longer gets 503 and may be repeated under its key.
    """

    routes: tuple[Route, ...]
    reader: Reader
    max_concurrency: int
    timeout_seconds: float
    _by_path: dict[str, dict[str, Route]] = field(default_factory=dict)
    _by_pattern: dict[str, dict[str, Route]] = field(default_factory=dict)
    _inside: int = 0

    def __post_init__(self) -> None:
        for route in self.routes:
            table = self._by_pattern if "{" in route.path else self._by_path
            table.setdefault(route.path, {})[route.method] = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI call."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close"})
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        began = time.perf_counter()
        name = "other"
        extra: dict[str, str] = {}
        try:
            route, named = self._route(scope["method"], path)
            name = route.name
            response = await self._answered(route, named, scope, receive)
        except Refused as refused:
            response, extra = _of(refused.problem, path)
        except OtokuiError as error:
            response, extra = _of(problems.of_error(error), path)
        except Exception as error:
            report("call_failed", error, call=name)
            response, extra = _of(problems.unexpected(), path)
        metrics.requests.labels(name, response.status).inc()
        if name != "other":
            metrics.seconds.labels(name).observe(time.perf_counter() - began)
        await _send(send, response, extra)

    async def _answered(self, route: Route, named: Mapping[str, str], scope: Scope, receive: Receive) -> HttpResponse:
        headers = dict(scope["headers"])
        if not route.limited:
            return await route.handler(Call(headers, b"", named))
        body = b""
        if route.body:
            _check_kind(headers)
            body = await self.reader.read(headers, receive)
        if self._inside >= self.max_concurrency:
            raise Refused(
                429, f"{self.max_concurrency} calls are being answered", "wait for Retry-After, then repeat with the same key", code="busy"
            )
        self._inside += 1
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await route.handler(Call(headers, body, named))
        except TimeoutError:
            detail = f"no answer within {self.timeout_seconds:g} seconds"
            raise Refused(503, detail, "repeat with the same Idempotency-Key, or ask for fewer customers", code="timeout") from None
        finally:
            self._inside -= 1

    def _route(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        methods, named = self._by_path.get(path), _NOTHING
        if methods is None:
            methods, named = self._with_names(path)
        if methods is None:
            raise Refused(404, "no call has this path", "see /openapi.json for the calls there are", code="no-such-path")
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            raise Refused(405, f"this path answers {', '.join(sorted(methods))}", "use one of those", code="method")
        return route, named

    def _with_names(self, path: str) -> tuple[dict[str, Route] | None, Mapping[str, str]]:
        """Return the methods of the matching route with its path parameters, None where none matches."""
        parts = path.split("/")
        for pattern, methods in self._by_pattern.items():
            pattern_parts = pattern.split("/")
            if len(pattern_parts) == len(parts):
                pairs = list(zip(pattern_parts, parts, strict=True))
                if all(actual and (expected == actual or expected.startswith("{")) for expected, actual in pairs[1:]):
                    return methods, {expected.strip("{}"): actual for expected, actual in pairs if expected.startswith("{")}
        return None, _NOTHING


def read(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """Parse the request in a body.

    Raises:
        Refused: 400 where the body is no JSON, 422 with the field's path where a field is not valid.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise problems.of_validation(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "the body is not JSON in UTF-8", "send one JSON object", code="unreadable-body") from None


def _check_kind(headers: Mapping[bytes, bytes]) -> None:
    kind, _, parameters = headers.get(b"content-type", b"").partition(b";")
    charset = parameters.strip().lower()
    if kind.strip().lower() != b"application/json" or charset not in (b"", b"charset=utf-8", b'charset="utf-8"'):
        raise Refused(415, "the body is not declared as JSON", "send Content-Type: application/json", code="content-type")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refused(415, "the body is compressed", "send it as it is", code="content-encoding")


def _of(problem: Problem, path: str) -> tuple[HttpResponse, dict[str, str]]:
    known = path if len(path) <= 200 else ""
    return HttpResponse(problems.encode(problem, known), problem.status, problems.MEDIA_TYPE), problems.headers(problem.status)


async def _send(send: Send, response: HttpResponse, extra: Mapping[str, str]) -> None:
    headers = [
        (b"content-type", response.media_type.encode()),
        (b"content-length", str(len(response.body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    headers += [(name.encode(), value.encode()) for name, value in extra.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
