"""The flat table of a shop that has only purchases, split into orders and order lines.

A row without an order belongs to the order of that customer at that instant; rows of one order and product are one line,
their amounts summed. Files that overlap do not add up: a row counts as often as it stands in the file that has it most.
"""

from __future__ import annotations

import duckdb

from adapters.reading import LINE
from adapters.record_sql import names
from adapters.record_staging import FILE

_COLUMNS = (
    "customer_id", "ordered_at", "ordered_local", "paid_amount", "order_id", "product_id", "quantity", "list_amount", "place", "known_at",
)  # fmt: skip


def split(db: duckdb.DuckDBPyConnection, rows: str) -> list[tuple[int, int]]:
    """Make the views ``split_orders`` and ``split_lines`` of the rows of ``transactions``.

    Returns: (file, line) of rows that give an order to a second customer; they are left out (``duplicate_key``).
    """
    db.execute(f"""
        CREATE TEMP VIEW transactions_named AS
        SELECT * REPLACE (coalesce(order_id, customer_id || '@' || ordered_at) AS order_id, coalesce(product_id, 'unknown') AS product_id)
        FROM {rows}
    """)
    db.execute(f"""
        CREATE TEMP TABLE orders_shared AS
        SELECT order_id, arg_min(customer_id, ({FILE}, {LINE})) AS owner FROM transactions_named
        GROUP BY order_id HAVING min(customer_id) <> max(customer_id)
    """)
    strangers = "FROM transactions_named r JOIN orders_shared s ON r.order_id = s.order_id AND r.customer_id <> s.owner"
    found = db.execute(f"SELECT r.{FILE}, r.{LINE} {strangers} ORDER BY ALL").fetchall()
    kept = "transactions_named r ANTI JOIN orders_shared s ON r.order_id = s.order_id AND r.customer_id <> s.owner"
    columns = names(_COLUMNS)
    db.execute(f"""
        CREATE TEMP VIEW transactions_counted AS
        SELECT {columns}, max(times) AS times, min(file_line) AS file_line
        FROM (SELECT {columns}, count(*) AS times, min(({FILE}, {LINE})) AS file_line FROM {kept} GROUP BY {columns}, {FILE})
        GROUP BY {columns}
    """)
    db.execute(f"""
        CREATE TEMP VIEW split_orders AS
        SELECT order_id, any_value(customer_id) AS customer_id, min(ordered_at) AS ordered_at, CAST(NULL AS BIGINT) AS delivered_at,
               CAST(NULL AS BIGINT) AS cancelled_at, min(place) AS place, CAST(NULL AS VARCHAR) AS coupon_id, max(known_at) AS known_at,
               min(ordered_local) AS ordered_local, min(file_line)[1] AS {FILE}, min(file_line)[2] AS {LINE}
        FROM transactions_counted GROUP BY order_id
    """)
    # A row without a list price was sold at it, as far as anybody knows, once another row of the line names one.
    db.execute(f"""
        CREATE TEMP VIEW split_lines AS
        SELECT order_id, product_id, {_sum("coalesce(quantity, 1.0)")} AS quantity, {_sum("paid_amount")} AS paid_amount,
               CASE WHEN count(list_amount) > 0 THEN {_sum("coalesce(list_amount, paid_amount)")} END AS list_amount,
               CAST(NULL AS DOUBLE) AS returned_quantity, max(known_at) AS known_at,
               min(file_line)[1] AS {FILE}, min(file_line)[2] AS {LINE}
        FROM transactions_counted GROUP BY order_id, product_id
    """)
    return [(int(file), int(line)) for file, line in found]


def _sum(number: str) -> str:
    """Return a sum that does not depend on the order of rows: another last bit would look like a correction."""
    return f"CAST(sum(CAST({number} AS DECIMAL(38, 6)) * times) AS DOUBLE)"
