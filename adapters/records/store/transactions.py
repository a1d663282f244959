"""Split of the flat table of purchases into orders and order lines.

A row without an order id belongs to the order of that customer at that instant. Rows of one order and product are one line, with their
amounts summed. Overlapping files do not add up: a row counts as often as in the file that has it most often.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from adapters.records.input.base import LINE
from adapters.records.store.sql import names, one, parquet, text
from adapters.records.store.staging import FILE

_COLUMNS = (
    "customer_id", "ordered_at", "ordered_local", "paid_amount", "order_id", "product_id", "quantity", "list_amount", "place", "known_at",
)  # fmt: skip


def split(db: duckdb.DuckDBPyConnection, rows: str, staging: Path) -> list[tuple[int, int]]:
    """Create the views ``split_orders`` and ``split_lines`` from the rows of ``transactions``.

    Returns: (file, line) of rows that give an order to a second customer; they are left out (``duplicate_key``).
    """
    db.execute(f"""
        CREATE TEMP VIEW transactions_named AS
        SELECT * REPLACE (coalesce(order_id, customer_id || '@' || ordered_at) AS order_id, coalesce(product_id, 'unknown') AS product_id)
        FROM {rows}
    """)
    db.execute(f"""
        CREATE TEMP TABLE orders_shared AS
        WITH shared AS (SELECT order_id FROM transactions_named GROUP BY order_id HAVING min(customer_id) <> max(customer_id))
        SELECT order_id, arg_min(customer_id, ({FILE}, {LINE})) AS owner FROM transactions_named SEMI JOIN shared USING (order_id)
        GROUP BY order_id
    """)
    strangers = "FROM transactions_named r JOIN orders_shared s ON r.order_id = s.order_id AND r.customer_id <> s.owner"
    duplicates = db.execute(f"SELECT r.{FILE}, r.{LINE} {strangers} ORDER BY ALL").fetchall()
    kept_rows = "transactions_named r ANTI JOIN orders_shared s ON r.order_id = s.order_id AND r.customer_id <> s.owner"
    one_file = one(db, f"SELECT min({FILE}) = max({FILE}) FROM transactions_named") == 1
    db.execute(f"CREATE TEMP VIEW transactions_counted AS {_counted(kept_rows, one_file)}")
    first = f"min({FILE}) AS {FILE}, {f'min({LINE})' if one_file else f'arg_min({LINE}, ({FILE}, {LINE}))'} AS {LINE}"
    orders = f"""
        SELECT order_id, any_value(customer_id) AS customer_id, min(ordered_at) AS ordered_at, CAST(NULL AS BIGINT) AS delivered_at,
               CAST(NULL AS BIGINT) AS cancelled_at, min(place) AS place, CAST(NULL AS VARCHAR) AS coupon_id, max(known_at) AS known_at,
               min(ordered_local) AS ordered_local, {first}
        FROM transactions_counted GROUP BY order_id
    """
    # A row without a list price was sold at list price, once another row of the line names one.
    lines = f"""
        SELECT order_id, product_id, {_sum("coalesce(quantity, 1.0)")} AS quantity, {_sum("paid_amount")} AS paid_amount,
               CASE WHEN count(list_amount) > 0 THEN {_sum("coalesce(list_amount, paid_amount)")} END AS list_amount,
               CAST(NULL AS DOUBLE) AS returned_quantity, max(known_at) AS known_at,
               {first}
        FROM transactions_counted GROUP BY order_id, product_id
    """
    # Materialised, because the following queries read them several times.
    for table, query in (("split_orders", orders), ("split_lines", lines)):
        path = staging / f"{table}.parquet"
        db.execute(f"COPY ({query}) TO {text(str(path))} (FORMAT parquet, COMPRESSION lz4_raw)")
        db.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM {parquet([path])}")
    return [(int(file), int(line)) for file, line in duplicates]


def _counted(rows: str, one_file: bool) -> str:
    """Return the query for rows with the ``times`` each counts."""
    columns = names(_COLUMNS)
    if one_file:
        return f"SELECT {columns}, 1 AS times, {FILE}, {LINE} FROM {rows}"
    return f"""
        SELECT {columns}, max(times) AS times, min({FILE}) AS {FILE}, arg_min({LINE}, {FILE}) AS {LINE}
        FROM (SELECT {columns}, {FILE}, count(*) AS times, min({LINE}) AS {LINE} FROM {rows} GROUP BY {columns}, {FILE})
        GROUP BY {columns}
    """


def _sum(number: str) -> str:
    """Return a sum independent of row order; another last bit would be a correction."""
    return f"CAST(sum(CAST({number} AS DECIMAL(38, 6)) * times) AS DOUBLE)"
