"""Codec of a decision's inputs: summary row and contact state as bytes, for replay.

One width per run, laid out by numpy without a Python loop: a million customers cost half a second. The layout,
little-endian: F float64 of the summary, C int8 consented, C int8 blacklisted, 1 + C + 2M int32 counts
(period, channel, message, unanswered), 1 float64 last contact, C int8 shut (0 = nobody was turned away), C int8 refused
(bits, 0 = nobody refused), C float64 from when and C float64 until when another contact would be too near (NaN = none). Rows of builds
before ``refused`` end without it, and are read as nobody having refused; rows of policies without a spacing end without its times.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from otokui.errors import BadInput
from otokui.frames import Batch, ContactState, texts

Bytes = npt.NDArray[np.uint8]


def row_layout(names: Sequence[str], channels: int, messages: int, *, refused: bool = True, spacing: bool = False) -> np.dtype[np.void]:
    """Return the layout of one packed row as a numpy dtype.

    Without ``refused``, that of earlier builds; spacing: with the times of the minimum spacing.
    """
    return np.dtype(
        [
            ("summary", "<f8", (len(names),)),
            ("consented", "i1", (channels,)),
            ("blacklisted", "i1", (channels,)),
            ("contacts_in_period", "<i4"),
            ("channel_contacts", "<i4", (channels,)),
            ("message_contacts", "<i4", (messages,)),
            ("unanswered", "<i4", (messages,)),
            ("last_contact_at", "<f8"),
            ("shut", "i1", (channels,)),
            *([("refused", "i1", (channels,))] if refused else []),
            *([(name, "<f8", (channels,)) for name in _SPACING] if spacing else []),
        ]
    )


_SPACING = ("spacing_from", "spacing_until")
_OF_LEDGER = ("consented", "blacklisted", "contacts_in_period", "channel_contacts", "message_contacts", "unanswered", "last_contact_at")


def pack_inputs(summaries: Batch, state: ContactState) -> Bytes:
    """Return (n, width) bytes, one row per customer."""
    spaced = state.spacing_until is not None
    layout = row_layout(summaries.names, state.consented.shape[1], state.message_contacts.shape[1], spacing=spaced)
    rows = np.zeros(len(summaries), dtype=layout)
    rows["summary"] = summaries.values
    for name in _OF_LEDGER:
        rows[name] = getattr(state, name)
    rows["shut"] = 0 if state.shut is None else state.shut
    rows["refused"] = 0 if state.refused is None else state.refused
    if spaced:
        for name in _SPACING:
            rows[name] = getattr(state, name)
    return rows.view(np.uint8).reshape(len(summaries), layout.itemsize)


def unpack_inputs(
    packed: Sequence[bytes], customer_ids: Sequence[str], names: Sequence[str], channels: int, messages: int
) -> tuple[Batch, ContactState]:
    """Return what ``pack_inputs`` packed, bit for bit.

    Raises:
        BadInput: a row has another width: it was packed by another build or policy.
    """
    layout = row_layout(names, channels, messages)
    for other in (row_layout(names, channels, messages, refused=False), row_layout(names, channels, messages, spacing=True)):
        if packed and len(packed[0]) == other.itemsize:
            layout = other
    if any(len(row) != layout.itemsize for row in packed):
        raise BadInput(
            f"the logged inputs are {len(packed[0])} bytes wide, this policy and build expect {layout.itemsize}",
            fix="replay with the build and the otokui.toml that the manifest names",
        )
    rows = np.frombuffer(b"".join(packed), dtype=layout)
    native = {"consented": np.int8, "blacklisted": np.int8, "last_contact_at": np.float64}
    added: dict[str, Any] = {name: rows[name].astype(np.int8) for name in ("shut", "refused") if name in (layout.names or ())}
    added |= {name: rows[name].astype(np.float64) for name in _SPACING if name in (layout.names or ())}
    state = ContactState(**{name: rows[name].astype(native.get(name, np.int64)) for name in _OF_LEDGER}, **added)
    return Batch(texts(list(customer_ids)), tuple(names), rows["summary"].astype(np.float64)), state


def states_as_json(state: ContactState, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Return contact states as JSON values, as the log of single decisions stores them."""
    names = list(_OF_LEDGER)
    columns = [getattr(state, name)[rows].tolist() for name in names]
    last = names.index("last_contact_at")
    columns[last] = [None if math.isnan(at) else at for at in columns[last]]  # JSON has no NaN
    out = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    for name, closed in (("shut", state.shut), ("refused", state.refused)):
        if closed is not None:
            # A row reads as if nobody else in the batch had been refused anything.
            out = [row | {name: values} if any(values) else row for row, values in zip(out, closed[rows].tolist(), strict=True)]
    for name in _SPACING:
        times = getattr(state, name)
        if times is not None:
            cells = ([None if math.isnan(at) else at for at in values] for values in times[rows].tolist())
            out = [row | {name: values} if any(at is not None for at in values) else row for row, values in zip(out, cells, strict=True)]
    return out


def state_from_json(text: str) -> ContactState:
    """Return the state of one customer from the JSON of one of ``states_as_json``."""
    named = json.loads(text)
    types = {"consented": np.int8, "blacklisted": np.int8, "last_contact_at": np.float64}
    named["last_contact_at"] = np.nan if named["last_contact_at"] is None else named["last_contact_at"]
    added: dict[str, Any] = {name: np.array([named[name]], dtype=np.int8) for name in ("shut", "refused") if name in named}
    added |= {name: np.array([named[name]], dtype=np.float64) for name in _SPACING if name in named}
    return ContactState(**{name: np.array([named[name]], dtype=types.get(name, np.int64)) for name in _OF_LEDGER}, **added)
