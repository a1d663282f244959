"""What was ruled on places that were taken under a name, kept in the same transaction as the places.

A run that dies after its places were taken and before its file was out would otherwise ask again in a fuller world, and
be told something else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from adapters.ledger.tables import RULINGS
from otokui.domain import Instant
from otokui.ports import Ruling


def find(connection: Connection, name: str) -> dict[str, Ruling] | None:
    """Return what was ruled under a name, None where nothing was yet."""
    said = connection.execute(select(RULINGS.c.said).where(RULINGS.c.name == name)).scalar()
    if said is None:
        return None
    return {asked: Ruling(refused_by, Instant(send_at)) for asked, (refused_by, send_at) in json.loads(said).items()}


def keep(connection: Connection, name: str, ruled: Mapping[str, Ruling]) -> None:
    """Keep what was ruled."""
    said = {asked: (ruling.refused_by, int(ruling.send_at)) for asked, ruling in ruled.items()}
    connection.execute(insert(RULINGS).values(name=name, said=json.dumps(said, sort_keys=True, separators=(",", ":"))))
