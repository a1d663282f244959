"""Log of the service's decisions, with the inputs that replay needs.

The nightly run does not log here. Its million rows of a kilobyte are in the Parquet parts of the run
(``adapters.decision_archive.run_folder``), with the same inputs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, text

from adapters.ledger.erasure.customer_vault import SEALED, CustomerVault
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.tables import DECISION_RUNS, DECISIONS
from otokui.domain import Instant
from otokui.errors import Missing
from otokui.ports.ledger import LoggedDecision

_TYPES = {
    "decision_id": "text", "customer_id": "text", "as_of": "bigint", "summarised_at": "bigint", "status": "text",
    "message_id": "text", "channel": "text", "propensity": "double precision", "policy": "text", "models": "text",
    "inputs": "bytea", "contact_state": "text", "decision": "text",
    "ruling": "text", "context": "text",
}  # fmt: skip


def write(connection: Connection, backend: Backend, vault: CustomerVault, rows: Sequence[LoggedDecision]) -> None:
    """Log decisions with encrypted inputs; an id that is logged already stays as it is.

    The same id means the same inputs. Nothing is logged about erased customers.
    """
    erased = vault.erased(connection, backend, [row.customer_id for row in rows]) if rows else set()
    rows = [row for row in rows if row.customer_id not in erased] if erased else rows
    if not rows:
        return
    columns: dict[str, Sequence[Any]] = {name: [getattr(row, name) for row in rows] for name in _TYPES}
    # All rows of a call share one mapping; it is serialised once, not a thousand times.
    written = {id(row.models): json.dumps(dict(row.models), sort_keys=True) for row in {id(row.models): row for row in rows}.values()}
    columns["models"] = [written[id(row.models)] for row in rows]
    columns["inputs"], columns["contact_state"] = vault.seal(connection, backend, rows), [SEALED] * len(rows)
    backend.insert_many(connection, "decisions", columns, _TYPES, "ON CONFLICT (decision_id) DO NOTHING")


def read(connection: Connection, backend: Backend, vault: CustomerVault, decision_id: str) -> LoggedDecision:
    """Return a logged decision.

    Raises:
        Missing: no decision of that id is in the log.
    """
    rows = read_many(connection, backend, vault, [decision_id])
    if not rows:
        raise Missing(f"no decision {decision_id!r} is logged", fix="check the id; decisions of a whole run lie in the run's Parquet files")
    return rows[0]


def ids(connection: Connection, since: Instant | None = None, until: Instant | None = None) -> list[str]:
    """Return ids of logged decisions with ``since <= as_of < until``, in alphabetical order."""
    query = select(DECISIONS.c.decision_id).order_by(DECISIONS.c.decision_id)
    if since is not None:
        query = query.where(DECISIONS.c.as_of >= int(since))
    if until is not None:
        query = query.where(DECISIONS.c.as_of < int(until))
    return [row[0] for row in connection.execute(query)]


def read_many(connection: Connection, backend: Backend, vault: CustomerVault, decision_ids: Sequence[str]) -> list[LoggedDecision]:
    """Return logged decisions in the order of the ids.

    Missing ids, and those whose inputs were erased, are left out.
    """
    columns = ", ".join(f"d.{name}" for name in _TYPES)
    query = text(f"SELECT {columns} FROM {backend.ids} JOIN decisions AS d ON d.decision_id = j.value ORDER BY {backend.at}")
    rows = connection.execute(query, {"ids": backend.bind(decision_ids)}).mappings()
    logged = [LoggedDecision(**{**row, "models": json.loads(row["models"])}) for row in rows]
    return vault.opened(connection, backend, logged)


def record_run(connection: Connection, manifest: Mapping[str, Any]) -> None:
    """Record the manifest of a published run; a second record changes nothing."""
    known = connection.execute(select(DECISION_RUNS.c.run_digest).where(DECISION_RUNS.c.run_digest == manifest["run_digest"])).first()
    if known is None:
        connection.execute(
            DECISION_RUNS.insert().values(
                run_digest=manifest["run_digest"],
                as_of=manifest["as_of"],
                summarised_at=manifest["summarised_at"],
                customers=manifest["rows"],
                contacts=manifest["by_status"].get("contact", 0),
                manifest=json.dumps(manifest, sort_keys=True),
            )
        )
