"""Peer of ``summarise``: a synthetic shop, and the same columns by hand-written SQL.

For DuckDB.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

START, YEARS = 1_577_836_800, 5
"""The shop's records begin on 2020-01-01 and run for five years."""

CUTOFF = START + (YEARS * 365 + 5) * 86_400
ANCHOR = 1_420_070_400
HALF_LIVES = (14, 30, 90, 365)
BUCKETS = (("category", 12), ("brand", 8), ("taste", 8))


def make_shop(connection: duckdb.DuckDBPyConnection, shop: Path, lines: int, customers: int) -> None:
    """Write orders, order_lines and products of a synthetic shop, 2.5 lines an order.

    Every customer orders, a few of them often.
    """
    orders, span = lines * 2 // 5, YEARS * 365 * 86_400
    # The first orders go to each customer in turn, the others mostly to a few: the square skews an even draw.
    connection.execute(f"""COPY (
        SELECT 'o' || i AS order_id,
            'c' || CASE WHEN i < {customers} THEN i ELSE CAST(floor(power((hash(i) % 1000003) / 1000003.0, 2) * {customers}) AS BIGINT) END
                AS customer_id,
            ordered_at, ordered_at + 32400 AS ordered_local,
            CASE WHEN place = 'ec' AND chance % 20 <> 0 THEN ordered_at + CAST(1 + chance % 5 AS BIGINT) * 86400 END AS delivered_at,
            CASE WHEN chance % 50 = 0 THEN ordered_at + 7200 END AS cancelled_at,
            place, CASE WHEN chance % 7 = 0 THEN 'k' || (chance % 13) END AS coupon_id, ordered_at AS known_at
        FROM (SELECT i, {START} + CAST(hash(i + 1) % {span} AS BIGINT) AS ordered_at, hash(i + 2) AS chance,
                CASE hash(i + 3) % 10 WHEN 0 THEN 'phone' WHEN 1 THEN 'store' WHEN 2 THEN 'store' WHEN 3 THEN 'store' ELSE 'ec' END AS place
              FROM range({orders}) AS numbers(i))
        ) TO '{shop / "orders.parquet"}' (FORMAT parquet)""")
    connection.execute(f"""COPY (
        SELECT o.order_id, 'p' || (hash(o.order_id, k) % 5000) AS product_id, o.customer_id, o.ordered_at, o.ordered_local, o.cancelled_at,
            CAST(1 + hash(o.order_id, k + 9) % 3 AS DOUBLE) AS quantity,
            CAST(100 + hash(o.order_id, k + 5) % 5000 AS DOUBLE) AS paid_amount,
            (100 + hash(o.order_id, k + 5) % 5000) * CASE WHEN hash(o.order_id, k + 7) % 3 = 0 THEN 1.2 ELSE 1.0 END::DOUBLE AS list_amount,
            CASE WHEN hash(o.order_id, k + 11) % 40 = 0 THEN 1.0::DOUBLE END AS returned_quantity, o.known_at
        FROM read_parquet('{shop / "orders.parquet"}') AS o, range(4) AS numbers(k) WHERE k < 1 + hash(o.order_id) % 4
        ) TO '{shop / "order_lines.parquet"}' (FORMAT parquet)""")
    connection.execute(f"""COPY (
        SELECT 'p' || i AS product_id, CAST(hash(i) % 12 AS BIGINT) AS category_bucket, CAST(hash(i + 1) % 8 AS BIGINT) AS brand_bucket,
            CASE WHEN i % 9 > 0 THEN CAST(hash(i + 2) % 8 AS BIGINT) END AS taste_bucket,
            CASE WHEN i % 5 > 0 THEN CAST(50 + hash(i + 3) % 1000 AS DOUBLE) END AS unit_cost,
            CASE WHEN i % 4 = 0 THEN 30.0::DOUBLE END AS replenish_days,
            {START} + CAST(hash(i + 5) % {span} AS BIGINT) AS launched_at, {START} - 86400 AS known_at
        FROM range(5000) AS numbers(i)) TO '{shop / "products.parquet"}' (FORMAT parquet)""")


def query(shop: Path) -> str:
    """Return the SQL query; facts of missing tables are left out."""
    decayed = "pow(2.0, greatest(least((ordered_at - {anchor}) / ({days} * 86400.0), 960.0), -960.0))"
    weights = ", ".join(f"{decayed.format(anchor=ANCHOR, days=days)} AS w{days}" for days in HALF_LIVES)
    decays = ", ".join(f"sum(w{h}) AS purchases_decay_{h}, sum(paid * w{h}) AS spend_decay_{h}" for h in HALF_LIVES)
    recent = ", ".join(
        f"max(ordered_at) FILTER (place = {k})::DOUBLE AS purchase_at_{k}, max(paid) FILTER (place = {k}) AS paid_at_{k}"
        for k in range(1, 9)
    )
    quarters = ", ".join(f"count(*) FILTER (quarter = {q - 1})::DOUBLE AS purchase_quarter_{q}" for q in range(1, 5))
    hours = ", ".join(
        f"count(*) FILTER (hours = {k})::DOUBLE AS {name}_{k}" for name in ("purchase_hours", "active_hour") for k in range(8)
    )
    weekdays = ", ".join(f"count(*) FILTER (weekday = {d - 1})::DOUBLE AS purchase_weekday_{d}" for d in range(1, 8))
    # A sum over CASE is faster here than one with FILTER.
    spend = ", ".join(
        f"sum(CASE WHEN {kind}_bucket = {i} THEN paid_amount ELSE 0.0 END) AS {kind}_spend_{i}" for kind, n in BUCKETS for i in range(n)
    )
    known = f"known_at < {CUTOFF} AND (cancelled_at IS NULL OR cancelled_at >= {CUTOFF})"
    stands = "cancelled_at IS NULL"
    brought = f"{stands} AND place IN ('ec', 'phone')"
    places = ", ".join(f"count(*) FILTER ({stands} AND place = '{p}')::DOUBLE AS place_{p}_count" for p in ("ec", "store", "phone"))
    return f"""
WITH purchases AS (
    SELECT customer_id, order_id, max(ordered_at) AS ordered_at, max(ordered_local) AS ordered_local, sum(paid_amount) AS paid
    FROM read_parquet('{shop / "order_lines.parquet"}') WHERE {known} GROUP BY ALL),
ranked AS (
    SELECT customer_id, ordered_at, paid, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC, paid DESC) AS place,
        (ordered_local % 86400) // 10800 AS hours, (ordered_local // 86400 + 3) % 7 AS weekday,
        (((ordered_local // 86400) * 1600) // 146097) % 4 AS quarter, {weights} FROM purchases),
p AS (
    SELECT customer_id, min(ordered_at)::DOUBLE AS first_purchase_at, max(ordered_at)::DOUBLE AS last_purchase_at,
        count(*)::DOUBLE AS purchase_count, sum(paid * paid) AS paid_square_sum, max(paid) AS paid_max, min(paid) AS paid_min,
        {recent}, {decays},
        {quarters}, count(*) FILTER (weekday >= 5)::DOUBLE AS weekend_purchase_count, {weekdays}, {hours}
    FROM ranked GROUP BY customer_id),
l AS (
    SELECT customer_id, sum(paid_amount) AS paid_sum, sum(list_amount) AS list_sum,
        coalesce(sum(list_amount - paid_amount) FILTER (list_amount > paid_amount), 0) AS discount_sum,
        coalesce(sum(paid_amount) FILTER (list_amount IS NOT NULL), 0) AS listed_paid_sum,
        coalesce(sum(paid_amount) FILTER (list_amount > paid_amount * 1.001), 0) AS discounted_paid_sum, sum(quantity) AS quantity_sum,
        count(*)::DOUBLE AS line_count, coalesce(sum(returned_quantity), 0) AS returned_quantity_sum,
        coalesce(sum(paid_amount) FILTER (unit_cost IS NOT NULL), 0) AS costed_paid_sum,
        coalesce(sum(paid_amount - unit_cost * quantity), 0) AS margin_sum,
        coalesce(sum(paid_amount) FILTER (ordered_at - launched_at BETWEEN 0 AND 5183999), 0) AS new_arrival_paid_sum,
        max(ordered_at + replenish_days * quantity * 86400.0) AS replenish_due_at, {spend}
    FROM (SELECT * FROM read_parquet('{shop / "order_lines.parquet"}') WHERE {known}) AS x
    LEFT JOIN (SELECT * EXCLUDE (known_at) FROM read_parquet('{shop / "products.parquet"}') WHERE known_at < {CUTOFF}) USING (product_id)
    GROUP BY customer_id),
o AS (
    SELECT customer_id, count(cancelled_at)::DOUBLE AS cancelled_count, {places},
        count(*) FILTER ({stands} AND coupon_id IS NOT NULL)::DOUBLE AS coupon_count,
        count(*) FILTER ({brought})::DOUBLE AS deliverable_count,
        max(ordered_at) FILTER ({brought})::DOUBLE AS last_open_order_at,
        coalesce(sum({decayed.format(anchor=ANCHOR, days=14)}) FILTER ({brought}), 0) AS deliverable_decay_14
    FROM (SELECT * REPLACE (CASE WHEN cancelled_at < {CUTOFF} THEN cancelled_at END AS cancelled_at)
          FROM read_parquet('{shop / "orders.parquet"}') WHERE known_at < {CUTOFF})
    GROUP BY customer_id)
SELECT * FROM p FULL JOIN l USING (customer_id) FULL JOIN o USING (customer_id)"""
