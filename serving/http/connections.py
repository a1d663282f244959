"""Limits on uvicorn's HTTP connections: header size, idle time, number, and slow readers.

uvicorn's parser (httptools) stores headers of any size, uvicorn's timeouts begin only after the first response, and nothing limits
connections that never send a request. uvicorn's other parser (h11) bounds headers, but neither time nor number, and is slower.
BentoML makes uvicorn's configuration itself and takes no protocol class. The class therefore replaces uvicorn's default, which holds
under `bentoml serve` as under `otokui serve`.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http import auto
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from otokui.settings.service.service import Service
from serving import metrics
from serving.http import problems
from serving.http.problems import Refused


def bound(limits: Service) -> None:
    """Apply the limits to every HTTP connection of this process, under any uvicorn configuration."""
    auto.AutoHTTPProtocol = type("BoundConnection", (Connection,), {"limits": limits, "waiting": {}})


class Connection(HttpToolsProtocol):
    """HTTP connection with bounded headers and idle time.

    The connection that has waited longest is closed where there are too many.
    """

    limits: ClassVar[Service]
    waiting: ClassVar[dict[Connection, None]]
    """Connections that wait for their next request, the longest waiting first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = 0  # bytes of the address and of complete headers
        self._fed = 0  # bytes since the message began, or since the last piece of its body: of incomplete headers
        self._heading = False  # whether incomplete headers have begun
        self._timer: asyncio.TimerHandle | None = None
        self._answered: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for a request; close the longest waiting connection above the limit."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self.limits.max_connections:
            oldest = next(iter(self.waiting))
            oldest._go_on()  # removed now: the loop could otherwise pick it again before it is closed
            oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection and end the request that is being answered.

        uvicorn tells only the newest of a connection's requests, which need not be that one.
        """
        self._go_on()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes; refuse headers above the limit before they are complete."""
        self._fed += len(data)
        super().data_received(data)
        if self._fed > self.limits.max_header_bytes and not self.transport.is_closing():
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Reset the counters of the headers."""
        self._head = self._fed = 0
        self._heading = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count a piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, or a trailer after the body."""
        self._count(len(name) + len(value) + len(": \r\n"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request over; from here on the application's timeouts apply."""
        self._fed = 0
        self._heading = False
        self._go_on()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand over a piece of the body; ``serving.http.request_bodies`` counts its bytes."""
        self._fed = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Wait for the next request, and for the rest of this one's body."""
        super().on_response_complete()
        if self.cycle.response_complete:  # otherwise the next request has arrived already
            self._wait()

    def pause_writing(self) -> None:
        """Start the timeout of a client that does not read its response."""
        super().pause_writing()
        self._set_timer()

    def resume_writing(self) -> None:
        """Stop that timeout: the client has read."""
        super().resume_writing()
        if self.cycle is not None and not self.cycle.response_complete:
            self._go_on()

    def send_400_response(self, _msg: str) -> None:
        """Respond 400 to invalid HTTP and 431 to headers above the limit."""
        if max(self._head, self._fed) > self.limits.max_header_bytes:
            detail = f"the headers may hold {self.limits.max_header_bytes} bytes"
            self._refuse(Refused(431, detail, "send fewer or shorter headers", code="headers-too-large"))
        else:
            self._refuse(Refused(400, "the request is not HTTP/1.1", "see /openapi.json for the calls there are", code="not-http"))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _should_upgrade_to_ws(self) -> bool:
        return False  # no route is a websocket: the request is answered as plain HTTP

    def _unsupported_upgrade_warning(self) -> None:
        """Write no warning: callers could fill the log."""
        if self.cycle is not None:
            self.cycle.keep_alive = False  # the parser would take the following bytes for another protocol

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > self.limits.max_header_bytes:
            raise OverflowError  # uvicorn responds to any error of a callback through send_400_response

    def _wait(self) -> None:
        self.waiting.pop(self, None)
        self.waiting[self] = None
        self._set_timer()

    def _go_on(self) -> None:
        self.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(self.limits.read_timeout_seconds, self._give_up)

    def _give_up(self) -> None:
        if self._heading and not self.transport.get_write_buffer_size():
            detail = f"the headers were not whole within {self.limits.read_timeout_seconds} seconds"
            self._refuse(Refused(408, detail, "send them at once", code="slow-headers"))
        else:
            self.transport.abort()

    def _refuse(self, refused: Refused) -> None:
        metrics.requests.labels("other", refused.problem.status).inc()
        body = problems.encode(refused.problem, "")
        head = {"content-type": problems.MEDIA_TYPE, "content-length": str(len(body)), "connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.transport.write(STATUS_LINE[refused.problem.status] + lines.encode() + b"\r\n" + body)
        self.transport.close()
