"""The spacing of contacts as a clerk would measure it: windows of two contacts, and the seconds between them."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.ledger.frequency_caps import Caps
from otokui.ports.reservations import Reservation

Taken = tuple[str, int, int]
"""Channel, first and last instant at which a contact was or may be sent."""


def gap(caps: Caps, one: str, other: str) -> int:
    """Return the seconds that contacts of two channels must lie apart."""
    return int(caps.spacing_matrix[caps.channel_index.get(one, -1), caps.channel_index.get(other, -1)])


def window(place: Reservation, at: int | None = None) -> tuple[int, int]:
    """Return from when until when a place may be sent; another hour than the first is a window of its own."""
    if at is None or at == place.send_at:
        begin = place.send_at if place.not_before is None else min(place.send_at, place.not_before)
        return begin, max(place.send_at, place.valid_until)
    return at, max(at + 3_599, place.valid_until)


def permits(caps: Caps, place: Reservation, at: int, taken: Iterable[Taken]) -> bool:
    """Whether a contact at a time lies far enough from everything else of the customer."""
    begin, end = window(place, at)
    return all((s := gap(caps, place.channel, k)) == 0 or last + s <= begin or end + s <= first for k, first, last in taken)


def near(caps: Caps, channel: str, taken: Iterable[Taken], as_of: int) -> tuple[float, float]:
    """Return between which instants a contact over a channel would be too near to another, NaN for none."""
    nan = float("nan")
    found = [(first - s, last + s) for k, first, last in taken if (s := gap(caps, channel, k)) and last + s > as_of]
    return min((begin for begin, _ in found), default=nan), max((end for _, end in found), default=nan)
