"""What a framework costs a call: `python -m benchmarks.http.frameworks`, in microseconds of processor time.

The same trivial handler (parse one customer, return 1,500 bytes) among 25 routes, called as ASGI in process, so that no socket is in the
figure. Ours has its limits, metrics and problem documents around it; the others have none. Litestar is left out where it is not installed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from otokui.clock import now
from otokui.identity.api_keys import ApiKey
from otokui.identity.roles import EVERY_ROLE, Role
from otokui.ports.access import KeyRecord
from otokui.settings.service.service import Access, Environment, Service
from serving.access.access_control import AccessControl
from serving.access.api_key_cache import ApiKeyCache
from serving.access.audit_trail import AuditTrail
from serving.http.asgi import HttpApp
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.request_bodies import Reader, read
from serving.http.requests import DECISIONS, DecisionRequest
from serving.wiring import PERSONAL

KEY = ApiKey.make(Environment.DEVELOPMENT, Role.SEND_ENGINE)
CALLS, ROUNDS = 3_000, 7
BODY = msgspec.json.encode({"customers": [{"customer_id": "c-000017"}]})
REPLY = b'{"decisions":[]}' + b" " * 1_500
OTHERS = (*(f"/v1/other{i}" for i in range(12)), *(f"/v1/thing{i}/{{name}}" for i in range(12)))

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class OneKey:
    """Access store with one key, and an audit log that keeps nothing."""

    def key_records(self) -> list[KeyRecord]:
        """Return the key."""
        return [KeyRecord("key-1", KEY.digest, KEY.environment, KEY.role, "", (), None, now())]

    def mark_used(self, last_used_at: Any) -> None:
        """Keep nothing."""

    def append(self, entries: Any) -> None:
        """Keep nothing."""


def ours_keys() -> Asgi:
    """Return our application as it asks for an API key."""
    return ours(Service(access=Access.KEYS))


def ours(settings: Service = Service()) -> Asgi:  # noqa: B008  frozen
    """Return our application: Starlette's router over plain ASGI endpoints."""

    async def handler(call: Call) -> HttpResponse:
        read(DECISIONS, call.body)
        return HttpResponse(REPLY)

    hot = Operation("POST", "/v1/decisions", roles=EVERY_ROLE, name="decisions", takes=DecisionRequest, counted=True)
    calls = [(hot, handler), *((Operation("GET", path, roles=None, name="other"), handler) for path in OTHERS)]
    store = OneKey()
    gate = AccessControl(settings, ApiKeyCache(lambda: store, now), AuditTrail(lambda: store, now), now)
    gate.keys.refresh()
    return HttpApp(
        calls, Reader(1 << 20, 5.0, most=128, most_bytes=1 << 26), max_concurrency=32, timeout_seconds=2.0, gate=gate, personal=PERSONAL
    )


def starlette() -> Asgi:
    """Return Starlette with functions of requests."""

    async def handler(request: Request) -> Response:
        DECISIONS.decode(await request.body())
        return Response(REPLY, media_type="application/json")

    return Starlette(routes=[Route("/v1/decisions", handler, methods=["POST"]), *(Route(path, handler) for path in OTHERS)])


def fastapi() -> Asgi:
    """Return FastAPI with pydantic models."""
    from fastapi import FastAPI
    from pydantic import create_model

    one = create_model("One", customer_id=(str, ...))
    body = create_model("Body", customers=(list[one], ...))  # type: ignore[valid-type]

    async def handler(data: Any) -> Response:
        return Response(REPLY, media_type="application/json")

    async def other() -> int:
        return 1

    handler.__annotations__["data"] = body
    app = FastAPI()
    app.post("/v1/decisions")(handler)
    for path in OTHERS:
        app.get(path)(other)
    return app


def litestar() -> Asgi:
    """Return Litestar with msgspec structs."""
    from litestar import Litestar, get, post
    from litestar import Response as LitestarResponse

    async def handler(data: DecisionRequest) -> LitestarResponse[bytes]:
        return LitestarResponse(REPLY, media_type="application/json")

    async def other() -> bytes:
        return b""

    handler.__annotations__ |= {"data": DecisionRequest, "return": LitestarResponse[bytes]}
    others = [get(path.replace("{name}", "{name:str}"))(other) for path in OTHERS]
    return Litestar([post("/v1/decisions", status_code=200)(handler), *others], openapi_config=None)


async def call(app: Asgi) -> int:
    """Call the application once; return the status."""
    head = [(b"host", b"shop"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
    head.append((b"authorization", b"Bearer " + KEY.text.encode()))
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "root_path": ""}
    scope |= {"path": "/v1/decisions", "raw_path": b"/v1/decisions", "query_string": b"", "headers": head, "state": {}, "app": None}
    scope |= {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return int(sent[0]["status"])


async def measure(apps: dict[str, Asgi]) -> dict[str, float]:
    """Return the microseconds of a call of each, in the round that was disturbed least."""
    best = dict.fromkeys(apps, float("inf"))
    for name, app in apps.items():
        assert await call(app) == 200, name
    for _ in range(ROUNDS):
        for name, app in apps.items():
            began = time.process_time()
            for _ in range(CALLS):
                await call(app)
            best[name] = min(best[name], (time.process_time() - began) / CALLS * 1e6)
    return best


def main() -> None:
    """Measure and print."""
    apps = {}
    for make in (ours, ours_keys, starlette, fastapi, litestar):
        try:
            apps[make.__name__] = make()
        except ImportError:
            print(f"{make.__name__} is not installed: left out")
    for name, microseconds in asyncio.run(measure(apps)).items():
        print(f"{name:10s} {microseconds:6.1f} µs a call")


if __name__ == "__main__":
    main()
