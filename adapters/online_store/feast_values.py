"""Packed summary of one customer: the one value that Feast stores online.

The value holds the customer's id, which is checked on reading. A connection that is out of step with its replies
(redis-py, CVE-2023-28858) returns other customers' rows, and no other check would notice.

::

    8 bytes schema tag · 8 bytes summarised_at (int64) · 2 bytes length of the id · the id · float64 per column
"""

from __future__ import annotations

import struct

import numpy as np

from otokui.domain import Instant
from otokui.errors import SkewError, Unavailable
from otokui.frames import Batch, Floats

_HEAD = struct.Struct("<8sqH")


def encode(part: Batch, tag: str, summarised_at: Instant) -> list[bytes]:
    """Return the packed value of each customer of ``part``."""
    rows = np.ascontiguousarray(part.values, dtype="<f8")
    values = []
    for customer_id, row in zip(part.customer_ids, rows, strict=True):
        key = str(customer_id).encode()
        values.append(_HEAD.pack(bytes.fromhex(tag), summarised_at, len(key)) + key + row.tobytes())
    return values


def decode(value: bytes, customer_id: str, tag: str, width: int) -> tuple[Instant, Floats]:
    """Return the cut-off of the packed value and its row, shape (width,).

    Raises:
        SkewError: the value holds other columns.
        Unavailable: the value is another customer's, or is not whole.
    """
    try:
        stored_tag, summarised_at, length = _HEAD.unpack_from(value)
    except struct.error:
        raise Unavailable("an online value is cut short", fix="run `otokui materialise` again") from None
    if stored_tag.hex() != tag:
        raise SkewError(
            f"an online value holds the columns {stored_tag.hex()}, not those of this build ({tag})",
            fix="run `otokui materialise` with this build, or deploy the build that wrote it",
        )
    begins = _HEAD.size + length
    if value[_HEAD.size : begins] != customer_id.encode() or len(value) != begins + 8 * width:
        raise Unavailable(
            "the online store answered with the value of another customer, or with part of one",
            fix="restart the service; if it happens again, check the store's connections and materialise anew",
        )
    return Instant(summarised_at), np.frombuffer(value, dtype="<f8", offset=begins)
