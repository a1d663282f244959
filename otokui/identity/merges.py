"""Surviving customers of merged ids, by following the newest merges to their end.

The ledger and the records both follow merges; they do it here, so that both name the same survivor.
"""

from __future__ import annotations

from collections.abc import Mapping


def survivor(into: Mapping[str, str], customer_id: str) -> str:
    """Return the surviving customer of an id.

    It is the end of the chain, or the smallest id of a circle. into: the newest merge of each id. Circles are refused when merges are
    recorded; rows out of order may leave one all the same, and then each of its ids leads to the same survivor.
    """
    path = [customer_id]
    while (target := into.get(path[-1], path[-1])) != path[-1]:
        if target in path:
            return min(path[path.index(target) :])
        path.append(target)
    return path[-1]
