"""Readers of public data sets by name; each is imported when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otokui.errors import BadInput

if TYPE_CHECKING:
    from adapters.records.datasets.reader_type import Reader

READER_NAMES: Final = ("complete-journey", "online-retail", "cdnow")


def public_reader(name: str) -> Reader:
    """Return the reader of a public data set.

    Raises:
        BadInput: no reader has this name.
    """
    from adapters.records.datasets import cdnow, complete_journey, online_retail

    readers = dict(zip(READER_NAMES, (complete_journey.read, online_retail.read, cdnow.read), strict=True))
    if name not in readers:
        raise BadInput(f"{name!r} is no reader", fix=f"choose one of {', '.join(READER_NAMES)}")
    return readers[name]
