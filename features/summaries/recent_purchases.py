"""Last eight purchases of a customer, newest first, and their merging.

Lists differ between the engines, so the list is sixteen columns: ``purchase_at_1`` .. ``_8`` and the money ``paid_at_1`` .. ``_8`` of
each. Purchases of the same second are ordered by money, largest first.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Final

import narwhals as nw

from features.summaries.fact import Fact, FactPart, Frame, Merge, flag

KEPT: Final = 8
PLACES: Final = tuple(range(1, KEPT + 1))


def facts(stage: str, at: str, paid: str, place: str) -> tuple[Fact, ...]:
    """Return the sixteen facts of the last purchases.

    place: the column with the number of a customer's purchase, 1 = newest.
    """

    def kth(k: int, value: str) -> tuple[FactPart, ...]:
        return (FactPart(stage, nw.when(nw.col(place) == k).then(nw.col(value)).max()),)

    return (
        *(Fact(f"purchase_at_{k}", Merge.TOP_K, f"when purchase {k} from the newest was made", kth(k, at)) for k in PLACES),
        *(Fact(f"paid_at_{k}", Merge.TOP_K, f"money paid in purchase {k} from the newest", kth(k, paid)) for k in PLACES),
    )


def with_places(joined: Frame, newer: str) -> Frame:
    """Add the position of each older and newer purchase in the merged list.

    ``merged`` reads them. joined: the older columns, and the newer ones with the suffix ``newer``.

    An older purchase moves down by the newer ones before it, a newer one by the older ones not after it: of two equal purchases the older
    list's comes first, so that no position is taken twice.
    """

    def newer_goes_first(i: int, j: int) -> nw.Expr:
        at, paid = nw.col(f"purchase_at_{i}"), nw.col(f"paid_at_{i}")
        new_at, new_paid = nw.col(f"purchase_at_{j}{newer}"), nw.col(f"paid_at_{j}{newer}")
        return flag((new_at > at) | ((new_at == at) & (new_paid > paid)))

    def older_goes_first(i: int, j: int) -> nw.Expr:
        at, paid = nw.col(f"purchase_at_{i}"), nw.col(f"paid_at_{i}")
        new_at, new_paid = nw.col(f"purchase_at_{j}{newer}"), nw.col(f"paid_at_{j}{newer}")
        return flag((at > new_at) | ((at == new_at) & (paid >= new_paid)))

    return joined.with_columns(
        *((reduce(add, (newer_goes_first(i, j) for j in PLACES)) + float(i)).alias(f"_older_place_{i}") for i in PLACES),
        *((reduce(add, (older_goes_first(i, j) for i in PLACES)) + float(j)).alias(f"_newer_place_{j}") for j in PLACES),
    )


def merged(name: str, newer: str) -> nw.Expr:
    """Return the expression of one of the sixteen facts in the merged list, after ``with_places``."""
    stem, _, place = name.rpartition("_")
    k = int(place)
    # A purchase never moves up, so only the first k of either list can come to place k.
    candidates = [
        candidate
        for i in range(1, k + 1)
        for candidate in (
            nw.when(nw.col(f"_older_place_{i}") == float(k)).then(nw.col(f"{stem}_{i}")),
            nw.when(nw.col(f"_newer_place_{i}") == float(k)).then(nw.col(f"{stem}_{i}{newer}")),
        )
    ]
    return nw.coalesce(*candidates)
