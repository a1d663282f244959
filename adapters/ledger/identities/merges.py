"""Merged customers: the surviving customer of an id, and all ids of one person.

A merge moves no row: consents, contacts and reservations stay under the id they came with, and every question about a customer is asked
of all ids of that person. So a merge known later changes nothing before, and one that was wrong can be taken back.

The newest row of an id by its own time counts. A chain is followed to its end. Circles are refused when they are recorded; should rows
out of order leave one all the same, its smallest id survives, whichever of its ids is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from sqlalchemy import Connection, text

from adapters.ledger.storage.database import Backend
from otokui.domain import Instant
from otokui.frames import Ints
from otokui.identity.merges import survivor
from otokui.ports.identities import MERGE

EVER = 1 << 62

_ANY = text("SELECT 1 FROM identities WHERE source = '' LIMIT 1")
_TARGETS = """
SELECT i.alias_id, i.from_at, i.customer_id FROM {ids} JOIN identities AS i ON i.alias_id = j.value
WHERE i.source = :source AND i.from_at <= :as_of AND i.known_at <= :as_of
"""
_MERGED_INTO = """
SELECT i.alias_id FROM {ids} JOIN identities AS i ON i.customer_id = j.value
WHERE i.source = '' AND i.from_at <= :as_of AND i.known_at <= :as_of
"""


def newest(connection: Connection, backend: Backend, source: str, alias_ids: Iterable[str], as_of: int) -> dict[str, str]:
    """Return the customer of each alias of one source, by its newest row.

    Aliases on no record are left out.
    """
    bound = {"ids": backend.bind(sorted(set(alias_ids))), "source": source, "as_of": as_of}
    found: dict[str, tuple[int, str]] = {}
    for alias_id, from_at, customer_id in connection.execute(text(_TARGETS.format(ids=backend.ids)), bound):
        if alias_id not in found or from_at > found[alias_id][0]:
            found[alias_id] = (from_at, customer_id)
    return {alias_id: customer_id for alias_id, (_, customer_id) in found.items()}


def surviving(connection: Connection, backend: Backend, customer_ids: Iterable[str], as_of: int) -> dict[str, str]:
    """Return the surviving customer of every merged id among these.

    Ids that are not merged are left out.
    """
    if connection.execute(_ANY).first() is None:
        return {}
    asked = set(customer_ids)
    into: dict[str, str] = {}
    frontier = asked
    while frontier:
        targets = newest(connection, backend, MERGE, frontier, as_of)
        frontier = {target for target in targets.values() if target not in into and target not in targets}
        into |= targets
    survivors = {customer_id: survivor(into, customer_id) for customer_id in asked & set(into)}
    return {customer_id: last for customer_id, last in survivors.items() if last != customer_id}


def members(connection: Connection, backend: Backend, customer_ids: Sequence[str], as_of: Instant | int) -> tuple[list[str], Ints]:
    """Return all ids of the persons asked for, each with its person's position.

    Without any merge on record they are the ids as they stand.
    """
    person_of = persons(connection, backend, customer_ids, int(as_of))
    if len(person_of) == len(set(customer_ids)) and all(one == other for one, other in person_of.items()):
        return list(customer_ids), np.arange(len(customer_ids))
    ids_of: dict[str, list[str]] = defaultdict(list)
    for customer_id, person in person_of.items():
        ids_of[person].append(customer_id)
    expanded, position = list[str](), list[int]()
    for place, customer_id in enumerate(customer_ids):
        ids = ids_of[person_of[customer_id]]
        expanded += ids
        position += [place] * len(ids)
    return expanded, np.array(position, dtype=np.int64)


def persons(connection: Connection, backend: Backend, customer_ids: Iterable[str], as_of: int = EVER) -> dict[str, str]:
    """Return all ids of the persons asked for, each with its surviving customer.

    By default as known by now.
    """
    asked = set(customer_ids)
    if connection.execute(_ANY).first() is None:
        return {customer_id: customer_id for customer_id in asked}
    roots = surviving(connection, backend, asked, as_of)
    found = {roots.get(customer_id, customer_id) for customer_id in asked} | asked
    frontier, query = set(found), text(_MERGED_INTO.format(ids=backend.ids))
    while frontier:
        rows = connection.execute(query, {"ids": backend.bind(sorted(frontier)), "as_of": as_of})
        frontier = {row[0] for row in rows} - found
        found |= frontier
    root_of = surviving(connection, backend, found, as_of)
    survivors = {root_of.get(customer_id, customer_id) for customer_id in asked}
    person_of = {customer_id: root_of.get(customer_id, customer_id) for customer_id in sorted(found)}
    return {customer_id: person for customer_id, person in person_of.items() if person in survivors}
