"""The BentoML service with the shop in OTOKUI_SHOP: `python -m serving`, or `bentoml serve`.

`bentoml serve serving.service:OtokuiService` names it. The calls are an ASGI application mounted into it, which skips BentoML's endpoint
wrapper. Its settings took p99 from hundreds of milliseconds to one (``serving.live.state.settle``). Nothing is loaded on import, because
BentoML imports this module in its parent process and while it builds.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import bentoml

from otokui import clock
from otokui.errors import BadSettings, Unavailable
from otokui.observe import configure
from otokui.ports.access import AccessStore
from otokui.ports.feedback_store import FeedbackStore
from otokui.ports.inbox import Inbox
from otokui.settings.settings import Settings, load
from serving.app import App
from serving.dialects.reading import ReadingContext
from serving.dialects.webhook import WebhookSecret
from serving.handlers.decisions.pipeline import warm
from serving.http.connections import bound
from serving.http.error_detail import SHOP_VARIABLE, shop_folder
from serving.live.state import Live, LiveState
from serving.wiring import PERSONAL, SETTINGS_FILE, ShopSource


def _limits() -> Settings:
    shop = shop_folder()
    # A missing folder (a volume mounted late) is reported by readiness; the service starts.
    return load(shop / SETTINGS_FILE) if shop is not None and (shop / SETTINGS_FILE).exists() else load()


class _NoShop:
    """Source without a shop: the service imports and builds, and is never ready."""

    def look(self, present: Live | None) -> Live | None:
        """Refuse: no shop is named.

        Raises:
            BadSettings: always.
        """
        raise BadSettings(f"{SHOP_VARIABLE} is not set", fix=f"start it with `otokui serve --shop SHOP`, or set {SHOP_VARIABLE}")

    def access(self) -> AccessStore:
        """Refuse: no shop is named.

        Raises:
            Unavailable: always.
        """
        raise Unavailable(f"{SHOP_VARIABLE} is not set", fix=f"start it with `otokui serve --shop SHOP`, or set {SHOP_VARIABLE}")

    def inbox(self) -> Inbox:
        """Refuse: no shop is named.

        Raises:
            Unavailable: always.
        """
        raise Unavailable(f"{SHOP_VARIABLE} is not set", fix=f"start it with `otokui serve --shop SHOP`, or set {SHOP_VARIABLE}")

    def feedback(self) -> FeedbackStore:
        """Refuse: no shop is named.

        Raises:
            Unavailable: always.
        """
        raise Unavailable(f"{SHOP_VARIABLE} is not set", fix=f"start it with `otokui serve --shop SHOP`, or set {SHOP_VARIABLE}")

    def webhooks(self, dialect: str) -> tuple[WebhookSecret, ReadingContext]:
        """Refuse: no shop is named.

        Raises:
            Unavailable: always.
        """
        raise Unavailable(f"no shop has {dialect} webhooks: {SHOP_VARIABLE} is not set", fix=f"set {SHOP_VARIABLE}")


_SET_PARENT_DEATH_SIGNAL = 1  # linux/prctl.h
_settings = _limits()
_settings.service.check_access("127.0.0.1")  # in production; an address that other machines reach is refused call by call
bound(_settings.service)
# uvicorn believes X-Forwarded-For of the loopback unless told otherwise, and BentoML configures uvicorn itself.
os.environ["FORWARDED_ALLOW_IPS"] = ",".join(_settings.service.trusted_proxies) or "none"
_shop = shop_folder()
_source = ShopSource(_shop) if _shop is not None else _NoShop()
app = App(LiveState(_source, _settings.service.swap_seconds, warm), _settings.service, clock.now, PERSONAL)


def _end_with_parent() -> None:
    """Let the kernel end this worker with BentoML's supervisor.

    A worker without its supervisor would go on answering on a port that looks free.
    """
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


class Probes:
    """Middleware that answers probes and metrics ahead of BentoML.

    These answers have the reasons of readiness, and metrics without raw paths.
    """

    PATHS = frozenset({"/livez", "/readyz", "/healthz"})

    def __init__(self, inner: Callable[..., Awaitable[None]]) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a probe, or pass the call on."""
        if scope["type"] == "websocket" or (scope["type"] == "http" and scope["path"] in self.PATHS):
            await app.asgi(scope, receive, send)
        else:
            await self.inner(scope, receive, send)


@bentoml.service(
    name="otokui",
    workers=1,
    # Above the application's own limits, which answer with a problem document. No limit on concurrency: slow bodies would count.
    traffic={"timeout": _settings.service.read_timeout_seconds + _settings.service.timeout_seconds + 1},
    # BentoML's metrics carry the raw path as a label: calls of random paths would fill the memory.
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": [".*"]},
)
@bentoml.asgi_app(app.asgi, path="/")
class OtokuiService:
    """Decisions and predictions over HTTP."""

    @bentoml.on_startup  # type: ignore[untyped-decorator]
    def open(self) -> None:
        """Load the live state and start the workers."""
        if bentoml.server_context.worker_index is not None and sys.platform == "linux":
            _end_with_parent()
        configure(json_lines=True)
        app.start()

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """Answer the calls that have arrived, then stop the workers."""
        app.stop()


OtokuiService.add_asgi_middleware(Probes)  # type: ignore[attr-defined]  # the decorator returns a bentoml Service
