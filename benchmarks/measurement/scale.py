"""Time and memory of measurement for a large base, beside hand-written DuckDB SQL.

For the same table, in one run.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import narwhals as nw

from adapters.engines.duckdb_engine import DuckDbEngine
from measurement.results.customer_lift import Period, lift_moments, purchases, week_moments
from measurement.results.funnel import funnel, sends
from measurement.results.message_lift import first_assignments, message_moments, ripe
from otokui.domain import DAY, Instant

SINCE = 1_700_000_000
PERIOD = Period(Instant(SINCE), Instant(SINCE + 90 * DAY))

_PEOPLE = """SELECT 'c' || i AS customer_id, CASE WHEN hash(i) % 20 = 0 THEN 'control' ELSE 'treatment' END AS "group",
    'state' || hash(i, 7) % 6 AS state FROM range($customers) t(i)"""
_LINES = """SELECT 'o' || i AS order_id, 'c' || hash(i, 1) % $customers AS customer_id,
    $since - 180 * 86400 + hash(i, 2) % (270 * 86400) AS ordered_at,
    (500 + hash(i, 3) % 9500)::DOUBLE AS paid_amount, NULL::BIGINT AS cancelled_at FROM range($customers * 10) t(i)"""
_CONTACTS = """SELECT 'k' || i AS contact_id, 'c' || hash(i, 4) % $customers AS customer_id, 'm' || hash(i, 5) % 12 AS message_id,
    'ch' || hash(i, 6) % 4 AS channel, $since + (hash(i, 8) % (90 * 86400))::BIGINT AS sent_at,
    $since + (hash(i, 8) % (90 * 86400))::BIGINT + 60 AS delivered_at,
    CASE WHEN hash(i, 9) % 5 = 0 THEN $since + (hash(i, 8) % (90 * 86400))::BIGINT + 600 END AS opened_at,
    hash(i, 10) % 4 = 0 AS machine_open,
    CASE WHEN hash(i, 11) % 40 = 0 THEN $since + (hash(i, 8) % (90 * 86400))::BIGINT + 700 END AS clicked_at,
    NULL::BIGINT AS unsubscribed_at, NULL::BIGINT AS complained_at, NULL::BIGINT AS bounced_at, NULL::VARCHAR AS bounce_type,
    CASE WHEN hash('c' || hash(i, 4) % $customers, 12) % 20 = 0 THEN 'control' ELSE 'treatment' END AS "group" FROM range($contacts) t(i)"""

_SQL = """
WITH p AS (SELECT customer_id, order_id, max(ordered_at) AS at, sum(paid_amount) AS money FROM lines
      WHERE cancelled_at IS NULL GROUP BY ALL),
s AS (SELECT k.*, w."window" FROM contacts k JOIN windows w USING (message_id) WHERE sent_at >= {since} AND sent_at < {until}
      AND ("group" IS NULL OR "group" NOT IN ('control', 'scenario_control'))),
c AS (SELECT arg_max(s.contact_id, (s.sent_at, s.contact_id)) AS contact_id, p.order_id, any_value(p.money) AS money
      FROM p JOIN s ON p.customer_id = s.customer_id AND s.sent_at <= p.at AND p.at < s.sent_at + s."window" GROUP BY p.order_id),
d AS (SELECT contact_id, count(*) AS orders, sum(money) AS money FROM c GROUP BY contact_id)
SELECT message_id, channel, count(*) AS sent, count(delivered_at) AS delivered,
       count(*) FILTER (WHERE opened_at IS NOT NULL AND machine_open IS NOT TRUE OR clicked_at IS NOT NULL) AS opened,
       count(clicked_at) AS clicked, sum(coalesce(d.orders, 0)) AS orders, sum(coalesce(d.money, 0)) AS money
FROM s LEFT JOIN d USING (contact_id) GROUP BY message_id, channel"""


@dataclass(frozen=True, slots=True)
class ScaleLine:
    """Seconds of one part, and of hand-written SQL for the same table.

    None = none was written.
    """

    part: str
    seconds: float
    sql_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """Parts of one run over a base, with the peak memory of the process."""

    customers: int
    contacts: int
    lines: list[ScaleLine]
    peak_gib: float
    equal: bool


def run(customers: int, contacts_each: int) -> Scale:
    """Measure a base of so many customers with so many contacts each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, customers, customers * contacts_each)
        engine = DuckDbEngine(memory_limit="1GB", threads=2, spill_folder=folder / "spill")
        lines, timed = [], _Clock()
        people, raw, contacts, windows = (engine.read(folder / f"{each}.parquet") for each in ("people", "lines", "contacts", "windows"))
        engine.write(purchases(raw), folder / "purchases.parquet")
        bought = engine.read(folder / "purchases.parquet")
        lines.append(ScaleLine("purchases", timed.lap()))
        lift_moments(people, bought, PERIOD)
        lift_moments(people, bought, PERIOD, ("state",))
        lines.append(ScaleLine("lift of all, and by state", timed.lap()))
        week_moments(people, bought, PERIOD)
        lines.append(ScaleLine("by week", timed.lap()))
        assigned = contacts.join(windows, on="message_id").with_columns(at=nw.col("sent_at"))
        for each in ("scenario", "message_id", "channel"):
            engine.write(first_assignments(assigned, PERIOD, each), folder / f"{each}.parquet")
            message_moments(ripe(engine.read(folder / f"{each}.parquet"), PERIOD), bought, each)
        lines.append(ScaleLine("by scenario, message and channel", timed.lap()))
        made = funnel(sends(contacts, PERIOD, windows.select("message_id", "window")), bought, PERIOD, ("message_id", "channel"))
        ours = timed.lap()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        theirs, seconds = _by_hand(folder)
        lines.append(ScaleLine("funnel by message and channel", ours + lines[0].seconds, seconds))
        equal = {key: (c.sent, c.delivered, c.opened, c.clicked, c.orders, round(c.revenue)) for key, c in made.items()} == theirs
    return Scale(customers, customers * contacts_each, lines, peak, equal)


def text(made: Scale) -> str:
    """Return the table."""
    whole = sum(line.seconds for line in made.lines[:-1]) + made.lines[-1].seconds - made.lines[0].seconds
    out = [
        "### Time of a large base",
        "",
        f"{made.customers:,} customers, {made.customers * 10:,} orders, {made.contacts:,} contacts; two threads, 1 GB for DuckDB.",
        "",
        "| part | seconds | hand-written SQL, same table | ratio |",
        "|---|---|---|---|",
    ]
    for line in made.lines:
        ratio = "" if line.sql_seconds is None else f"{line.seconds / line.sql_seconds:.2f}"
        by_hand = "" if line.sql_seconds is None else f"{line.sql_seconds:.1f}"
        out.append(f"| {line.part} | {line.seconds:.1f} | {by_hand} | {ratio} |")
    out.append(f"| **all** | **{whole:.1f}** | | |")
    verdict = "the same figures" if made.equal else "OTHER FIGURES"
    return "\n".join(
        [*out, "", f"Peak memory {made.peak_gib:.2f} GiB; both ways give {verdict}. The funnel's time includes reading the purchases."]
    )


class _Clock:
    """Stop watch."""

    def __init__(self) -> None:
        self._at = time.perf_counter()

    def lap(self) -> float:
        """Return the seconds since the last lap."""
        now = time.perf_counter()
        self._at, seconds = now, now - self._at
        return seconds


def _write(folder: Path, customers: int, contacts: int) -> None:
    connection = duckdb.connect()
    values = {"customers": customers, "contacts": contacts, "since": SINCE}
    for name, query in (("people", _PEOPLE), ("lines", _LINES), ("contacts", _CONTACTS)):
        used = {key: value for key, value in values.items() if f"${key}" in query}
        connection.execute(f"COPY ({query}) TO '{folder / name}.parquet' (COMPRESSION zstd)", used)
    connection.execute(
        f"""COPY (SELECT 'm' || i AS message_id, 's' || i % 6 AS scenario, (5 + i) * 86400 AS "window" FROM range(12) t(i))
        TO '{folder / "windows"}.parquet'"""
    )


def _by_hand(folder: Path) -> tuple[dict[tuple[str, str], tuple[int, ...]], float]:
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    for name in ("lines", "contacts", "windows"):
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{folder / name}.parquet')")
    clock = _Clock()
    rows = connection.execute(_SQL.format(since=int(PERIOD.since), until=int(PERIOD.until))).fetchall()
    return {(row[0], row[1]): (*map(int, row[2:7]), round(row[7])) for row in rows}, clock.lap()
