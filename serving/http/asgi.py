"""ASGI application: Starlette's router over the registered calls.

It limits body, concurrency and time. BentoML sets no limit to a body and labels its metrics with the raw path, so both are bounded here.
Each call is one plain ASGI endpoint of the router, because each middleware of a stack costs every call
(docs/adr/0010-starlette-routes-msgspec-schemas.md). ``serving.http.request_bodies`` reads a body before its call counts towards the
concurrency limit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.routing import Route, Router

from otokui.errors import OtokuiError
from serving import metrics
from serving.http import problems
from serving.http.error_detail import report
from serving.http.gate import NOBODY, Caller, CallOutcome, Denied, Gate
from serving.http.operations import Call, Handler, HttpResponse, Operation
from serving.http.personal_values import PersonalValues
from serving.http.problems import Refused
from serving.http.request_bodies import Reader, Receive, check_media_type, parse_query

_LONGEST_PATH = 200
Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class HttpApp:
    """ASGI application over the registered calls.

    reader: reads the bodies, within its own limits; max_concurrency: more limited calls at once get 429;
    timeout_seconds: a call that takes longer gets 503 and may be repeated under its key; gate: who may call, and the audit log;
    personal: what is refused in ids and not repeated in problem documents.
    """

    calls: Sequence[tuple[Operation, Handler]]
    reader: Reader
    max_concurrency: int
    timeout_seconds: float
    gate: Gate
    personal: PersonalValues
    _router: Router = field(init=False)
    _inside: int = 0

    def __post_init__(self) -> None:
        by_path: dict[str, dict[str, tuple[Operation, Handler]]] = {}
        for operation, handler in sorted(self.calls, key=lambda call: "{" in call[0].path):  # literal paths go before parameters
            by_path.setdefault(operation.path, {})[operation.method] = (operation, handler)
        routes = [Route(path, _PathEndpoint(self, methods)) for path, methods in by_path.items()]
        self._router = Router(routes, redirect_slashes=False, default=_PathEndpoint(self, {}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI call."""
        if scope["type"] == "http":
            await self._router(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})

    async def answer(self, operation: Operation, handler: Handler, caller: Caller, scope: Scope, receive: Receive) -> HttpResponse:
        """Return the reply of a handler to an admitted caller.

        The call keeps within its limits.

        Raises:
            Refused: the body, the query, the number of calls or the time is beyond its limit.
        """
        headers = dict(scope["headers"])
        named: Mapping[str, str] = scope.get("path_params", {})
        if not operation.limited:
            return await handler(Call(headers, b"", named))
        query = parse_query(scope.get("query_string", b""), operation.query)
        if named:
            self.personal.refuse(named.items())
        if operation.keyed and (key := headers.get(b"idempotency-key")):
            self.personal.refuse([("Idempotency-Key", key.decode("latin-1"))])
        body = b""
        if operation.takes is not None:
            check_media_type(headers, operation.accepts)
            body = await self.reader.read(headers, receive)
        if self._inside >= self.max_concurrency:
            raise Refused(
                429, f"{self.max_concurrency} calls are being answered", "wait for Retry-After, then repeat with the same key", code="busy"
            )
        self._inside += 1
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await handler(Call(headers, body, named, query, caller))
        except TimeoutError:
            detail = f"no answer within {self.timeout_seconds:g} seconds"
            raise Refused(503, detail, "repeat with the same Idempotency-Key, or ask for fewer customers", code="timeout") from None
        finally:
            self._inside -= 1


@dataclass(frozen=True, slots=True)
class _PathEndpoint:
    """ASGI endpoint of one path, by method.

    Without methods it is that of every path that no call has.
    """

    app: HttpApp
    methods: Mapping[str, tuple[Operation, Handler]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call on this path; whatever fails is a problem document."""
        began = time.perf_counter()
        operation, caller = None, NOBODY
        extra: dict[str, str] = {}
        try:
            operation, handler = self._called(scope["method"])
            caller = self._admitted(operation, scope)
            response = await self.app.answer(operation, handler, caller, scope, receive)
            if response.signed_by:
                caller = replace(caller, who=response.signed_by)
        except Exception as error:
            response, extra = self._refusal(error, scope, "other" if operation is None else operation.name)
            caller = error.caller if isinstance(error, Denied) else caller
        if operation is not None and operation.roles is not None:
            try:
                at_once = not operation.counted and bool(caller.who)
                await self.app.gate.record(operation.name, caller, CallOutcome(response.status, response.customers), at_once=at_once)
            except Exception as error:
                response, extra = self._refusal(error, scope, operation.name)
        if response.status == 405:
            extra["allow"] = self._allowed()
        name = "other" if operation is None else operation.name
        metrics.requests.labels(name, response.status).inc()
        if name != "other":
            metrics.seconds.labels(name).observe(time.perf_counter() - began)
        await _send(send, response, extra)

    def _refusal(self, error: Exception, scope: Scope, name: str) -> tuple[HttpResponse, dict[str, str]]:
        """Return the problem document of an error, with its headers."""
        if isinstance(error, Refused):
            problem = error.problem
        elif isinstance(error, OtokuiError):
            problem = problems.of_error(error)
        else:
            report("call_failed", error, call=name)
            problem = problems.unexpected()
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        problem, path = self.app.personal.hide(problem, path if len(path) <= _LONGEST_PATH else "")
        headers = problems.headers(problem.status) | (error.headers if isinstance(error, Denied) else {})
        return HttpResponse(problems.encode(problem, path), problem.status, problems.MEDIA_TYPE), headers

    def _admitted(self, operation: Operation, scope: Scope) -> Caller:
        """Return the caller; nobody where a signature, which the handler checks, takes the place of a key.

        Raises:
            Denied: the caller may not use the call.
        """
        try:
            return self.app.gate.admit(operation.name, operation.roles, dict(scope["headers"]), scope)
        except Denied as denied:
            if operation.signed and scope.get("query_string", b"").startswith(b"as="):
                return replace(denied.caller, who="", role=None)
            raise

    def _called(self, method: str) -> tuple[Operation, Handler]:
        found = self.methods.get("GET" if method == "HEAD" else method)
        if found is not None:
            return found
        if not self.methods:
            raise Refused(404, "no call has this path", "see /openapi.json for the calls there are", code="no-such-path")
        raise Refused(405, f"this path answers {self._allowed()}", "use one of those", code="method")

    def _allowed(self) -> str:
        return ", ".join(sorted({*self.methods, *(("HEAD",) if "GET" in self.methods else ())}))


async def _send(send: Send, response: HttpResponse, extra: Mapping[str, str]) -> None:
    headers = {
        "content-type": response.media_type,
        "content-length": str(len(response.body)),
        "cache-control": "no-store",
        **response.headers,
        **extra,
    }
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": encoded})
    await send({"type": "http.response.body", "body": response.body})
