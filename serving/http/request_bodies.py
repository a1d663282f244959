"""Request bodies and queries, with limits on their time, number and bytes.

Where there are too many, the oldest body is given up for the newest.
The limits are apart from those of the calls that are being answered, so a slow sender cannot block them. A normal body is complete
within milliseconds; the oldest ones are therefore the ones to give up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from serving.http import problems
from serving.http.problems import Refused

_MOST_PARAMETERS: Final = 50
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(slots=True, eq=False)
class _Arriving:
    """One incomplete body: its deadline and its bytes so far."""

    deadline: asyncio.Timeout
    pieces: list[bytes] = field(default_factory=list)
    bytes: int = 0


@dataclass(slots=True)
class Reader:
    """Reader of whole request bodies.

    max_body_bytes: larger bodies get 413; timeout_seconds: one that takes longer gets 408, and so does the oldest where there
    would be more than ``most`` of them or more than ``most_bytes`` in all.
    """

    max_body_bytes: int
    timeout_seconds: float
    most: int
    most_bytes: int
    _arriving: dict[_Arriving, None] = field(default_factory=dict)  # the oldest first
    _bytes: int = 0

    async def read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        """Return the body of a call.

        Raises:
            Refused: 413 too large; 408 not complete in time, or given up for a newer one; 400 the caller disconnected.
        """
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self.max_body_bytes:
            raise self._too_large()
        body: _Arriving | None = None
        try:
            async with asyncio.timeout(self.timeout_seconds) as deadline:
                body = _Arriving(deadline)
                self._arriving[body] = None
                await self._receive(body, receive)
                return body.pieces[0] if len(body.pieces) == 1 else b"".join(body.pieces)
        except TimeoutError:
            detail = f"the body was not whole within {self.timeout_seconds:g} seconds, or many others were on their way"
            raise Refused(408, detail, "send the whole body at once, then repeat with the same key", code="slow-body") from None
        finally:
            if body is not None:
                self._forget(body)

    async def _receive(self, body: _Arriving, receive: Receive) -> None:
        more = True
        while more:
            self._make_room()
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "the caller went away before the body was whole", "send the whole body", code="incomplete-body")
            piece = message.get("body", b"")
            body.pieces.append(piece)
            body.bytes += len(piece)
            if body in self._arriving:
                self._bytes += len(piece)
            if body.bytes > self.max_body_bytes:
                raise self._too_large()
            more = message.get("more_body", False)

    def _make_room(self) -> None:
        while len(self._arriving) > 1 and (len(self._arriving) > self.most or self._bytes > self.most_bytes):
            oldest = next(iter(self._arriving))
            self._forget(oldest)
            if not oldest.deadline.expired():  # its own timeout may end at the same instant
                oldest.deadline.reschedule(asyncio.get_running_loop().time())

    def _forget(self, body: _Arriving) -> None:
        if body in self._arriving:
            del self._arriving[body]
            self._bytes -= body.bytes

    def _too_large(self) -> Refused:
        return Refused(413, f"a body may hold {self.max_body_bytes} bytes", "ask for fewer customers in a call", code="body-too-large")


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


def check_media_type(headers: Mapping[bytes, bytes], accepted: tuple[str, ...]) -> None:
    """Refuse a body whose media type is not accepted.

    It must be declared as one of the accepted media types, in UTF-8 and uncompressed.

    Raises:
        Refused: 415.
    """
    kind, _, parameters = headers.get(b"content-type", b"").partition(b";")
    charset = parameters.strip().lower()
    if kind.strip().lower().decode("latin-1") not in accepted or charset not in (b"", b"charset=utf-8", b'charset="utf-8"'):
        wanted = " or ".join(accepted)
        raise Refused(415, f"the body is not declared as {wanted}", f"send Content-Type: {accepted[0]}", code="content-type")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refused(415, "the body is compressed", "send it as it is", code="content-encoding")


def parse_query(text: bytes, kind: Any) -> Any:
    """Return the parameters as an instance of ``kind``, a msgspec struct.

    None: the call has none and none are sent.

    An unknown parameter is refused, as an unknown field is: a misspelt `limit` would otherwise return everything.

    Raises:
        Refused: 422 where a parameter is unknown, repeated or not valid; names it.
    """
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS, errors="strict") if text else []
    except ValueError:
        raise Refused(422, "the query is not readable, or too long", "send name=value pairs in UTF-8", code="query") from None
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Refused(422, "a parameter of the query is repeated", "send each parameter once", code="query")
    if kind is None:
        if values:
            raise Refused(422, "the call has no parameters in its query", "leave them out", code="unknown-parameter")
        return None
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise problems.of_validation(error) from None
