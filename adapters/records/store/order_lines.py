"""Order lines with the columns of their order: customer, time of purchase, cancellation.

The columns are written on the line, so that reading needs no join. In return, a correction of an order writes its lines again, with
the ``known_at`` of the correction.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from adapters.records.input.base import LINE
from adapters.records.store.layout import FROM_ORDER, LAYOUTS
from adapters.records.store.sql import names, one
from adapters.records.store.staging import FILE
from adapters.records.store.versions import VersionedRows, version

_LINES = LAYOUTS["order_lines"]
_ALONE = replace(_LINES, carried=())
_KEY = names(_LINES.key)
_OWN = names((*_LINES.key, *_LINES.values))


def version_lines(
    db: duckdb.DuckDBPyConnection, incoming: str | None, stored: str | None, new_orders: str | None, stored_orders: str | None, now: int
) -> tuple[VersionedRows, list[tuple[int, int]]]:
    """Turn order lines into versions with their order's columns.

    Lines of corrected orders are written again.
    incoming: a view of lines with ``known_at`` of the file (null = not given). new_orders: the versions of
    orders in this batch. All views may be absent.

    Returns: the versioned lines, and (file, line) of those with an unknown order.
    """
    _orders(db, new_orders, stored_orders)
    if incoming is None:
        db.execute(
            f"CREATE TEMP VIEW no_lines AS SELECT {_OWN}, version_at AS known, false AS given, 0 AS {FILE}, 0 AS {LINE} "
            f"FROM {stored} WHERE false"
        )
        source, unknown = "no_lines", []
    else:
        lost = db.execute(f"SELECT {FILE}, {LINE} FROM {incoming} i ANTI JOIN orders_seen o USING (order_id) ORDER BY ALL").fetchall()
        unknown = [(int(file), int(line)) for file, line in lost]
        db.execute(f"""
            CREATE TEMP VIEW lines_known AS
            SELECT {names((*_LINES.key, *_LINES.values), "i.")},
                   greatest(i.known_at, o.first_at) AS known, i.known_at IS NOT NULL AS given, {FILE}, {LINE}
            FROM {incoming} i JOIN orders_seen o USING (order_id)
        """)
        source = "lines_known"
    alone = version(db, _ALONE, source, stored, now)
    _attach(db, alone.view)
    copies = _copies(db, stored, new_orders)
    view = "lines_attached"
    if copies:
        db.execute("CREATE TEMP VIEW lines_all AS SELECT * FROM lines_attached UNION ALL BY NAME SELECT * FROM line_copies")
        view = "lines_all"
    return replace(alone, view=view), unknown


def _orders(db: duckdb.DuckDBPyConnection, new: str | None, stored: str | None) -> None:
    """Create views ``order_versions``, ``orders_twice`` (several versions) and ``orders_seen`` (one row an order)."""
    columns = f"order_id, version_at, known_at, revision, {names(FROM_ORDER)}"
    parts = [f"SELECT {columns} FROM {view}" for view in (stored, new) if view]
    db.execute(f"CREATE TEMP VIEW order_versions AS {' UNION ALL '.join(parts)}")
    db.execute("CREATE TEMP TABLE orders_twice AS SELECT DISTINCT order_id FROM order_versions WHERE revision > 0")
    db.execute("""
        CREATE TEMP VIEW orders_seen AS
        SELECT order_id, version_at AS first_at FROM order_versions v ANTI JOIN orders_twice t USING (order_id)
        UNION ALL
        SELECT order_id, min(version_at) AS first_at FROM order_versions v SEMI JOIN orders_twice t USING (order_id) GROUP BY order_id
    """)


def _attach(db: duckdb.DuckDBPyConnection, lines: str) -> None:
    """Create the view ``lines_attached``: each version of a line with its order at that time."""
    line_columns = names((*_LINES.key, *_LINES.values, "known_at", "version_at", "revision", "was_customer_id"), "l.")
    of_order = names(FROM_ORDER, "o.")
    once = "(SELECT * FROM order_versions v ANTI JOIN orders_twice t USING (order_id))"
    often = "(SELECT * FROM order_versions v SEMI JOIN orders_twice t USING (order_id))"
    db.execute(
        f"CREATE TEMP VIEW lines_attached AS SELECT {line_columns}, {of_order} FROM {lines} l JOIN {once} o ON l.order_id = o.order_id"
    )
    if one(db, "SELECT count(*) FROM orders_twice"):
        db.execute(f"""
            CREATE OR REPLACE TEMP VIEW lines_attached AS
            SELECT {line_columns}, {of_order} FROM {lines} l JOIN {once} o ON l.order_id = o.order_id
            UNION ALL BY NAME
            SELECT {line_columns}, {of_order} FROM {lines} l ASOF JOIN {often} o ON l.order_id = o.order_id AND l.version_at >= o.version_at
        """)


def _copies(db: duckdb.DuckDBPyConnection, stored: str | None, new_orders: str | None) -> int:
    """Create the view ``line_copies`` and return its rows.

    These lines are written again because their order changed after they were known.
    """
    if not one(db, "SELECT count(*) FROM orders_twice"):
        return 0
    columns = f"{_OWN}, {names(FROM_ORDER)}, version_at, revision"
    fresh = f"SELECT {columns}, true AS fresh FROM lines_attached l SEMI JOIN orders_twice t USING (order_id)"
    older = (
        f"SELECT {columns}, false AS fresh FROM {stored} l SEMI JOIN orders_twice t USING (order_id) UNION ALL BY NAME " if stored else ""
    )
    db.execute(f"CREATE TEMP TABLE lines_touched AS {older}{fresh}")
    new = f"SELECT order_id, version_at FROM {new_orders}" if new_orders else "SELECT NULL AS order_id, NULL AS version_at WHERE false"
    db.execute(f"""
        CREATE TEMP TABLE line_copies AS
        WITH corrections AS (
            SELECT order_id, version_at AS corrected_at, {names(FROM_ORDER)}, (order_id, version_at) IN ({new}) AS newly
            FROM order_versions WHERE revision > 0 AND version_at = known_at
            QUALIFY row_number() OVER (PARTITION BY order_id, version_at ORDER BY revision DESC) = 1
        ), paired AS (
            SELECT {names((*_LINES.key, *_LINES.values), "l.")}, {names(FROM_ORDER, "c.")}, c.corrected_at, c.newly OR l.fresh AS wanted,
                   l.version_at AS line_at, l.customer_id AS former_customer,
                   ({names(FROM_ORDER, "l.")}) IS DISTINCT FROM ({names(FROM_ORDER, "c.")}) AS differs,
                   max(l.revision) OVER (PARTITION BY {names(_LINES.key, "l.")}) AS top
            FROM lines_touched l JOIN corrections c ON l.order_id = c.order_id AND l.version_at <= c.corrected_at
            QUALIFY row_number() OVER (PARTITION BY {names(_LINES.key, "l.")}, c.corrected_at
                                       ORDER BY l.version_at DESC, l.revision DESC) = 1
        )
        SELECT {_OWN}, {names(FROM_ORDER)}, corrected_at AS known_at, corrected_at AS version_at,
               CAST(top + row_number() OVER (PARTITION BY {_KEY} ORDER BY corrected_at) AS INTEGER) AS revision,
               CASE WHEN former_customer IS DISTINCT FROM customer_id THEN former_customer END AS was_customer_id
        FROM paired WHERE wanted AND differs AND line_at < corrected_at
    """)
    return one(db, "SELECT count(*) FROM line_copies")
