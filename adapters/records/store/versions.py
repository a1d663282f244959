"""Versions of records from incoming rows: new, known already, or corrections.

A record is named by its key. The first row of a key is its first version, known when it happened unless the row says
otherwise; a row with other contents is a later version. Rules, in SQL over whole tables (never a loop over rows):

- equal contents add nothing, in one file, in overlapping files, and against history;
- a row that names its ``known_at`` is the version from then on; a row that does not becomes known ``now``, because
  only now did the shop bring it;
- other contents under a key twice in one file, with nothing to say which is later: the first stays, the others are set aside (of
  suppressions, the longest stays; a yes and a no of one time are two records, for ``opted_in`` belongs to the key of consents; rows of
  one contact add up, ``adapters.records.store.accumulation``);
- a version that only fills in what became of the record (delivered, opened …) keeps the record's ``known_at``: it is
  news about the outcome, seen through ``version_at`` and ``<outcome>_known_at``, not a correction;
- a version that slips in before a stored one has that one written again behind it, so that ``revision`` > 0 marks
  every row whose reading depends on an earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from adapters.records.input.base import LINE
from adapters.records.store.accumulation import accumulates, carried_on, merged_rows
from adapters.records.store.layout import BESIDES, STRICTEST, TableLayout
from adapters.records.store.sql import name, names, one, same_key
from adapters.records.store.staging import FILE


@dataclass(frozen=True, slots=True)
class VersionedRows:
    """Versioned rows of one table; ``view`` holds the rows to write.

    duplicates: (file, line) of rows quarantined under ``duplicate_key``.
    """

    view: str
    kept: int
    known_already: int
    corrected: int
    duplicates: list[tuple[int, int]]


def version(db: duckdb.DuckDBPyConnection, layout: TableLayout, incoming: str, stored: str | None, now: int) -> VersionedRows:
    """Turn ``incoming`` into versions.

    incoming: a view with key, values, carried columns, ``known`` (int64), ``given`` (whether the row named it), FILE, LINE.
    stored: a view of all stored versions, with the internal columns; None = the table is new.
    """
    t = layout.table
    rows = one(db, f"SELECT count(*) FROM {incoming}")
    incoming = _news(db, layout, incoming, stored)
    if not one(db, f"SELECT count(*) FROM {t}_touched"):
        db.execute(f"CREATE TEMP VIEW {t}_new AS {_first_versions(layout, f'{incoming} i')}")
        stored_rows = one(db, f"SELECT count(*) FROM {incoming}") if stored else rows
        return VersionedRows(f"{t}_new", stored_rows, rows - stored_rows, 0, [])
    duplicates = _once_a_file(db, layout, incoming)
    _fresh(db, layout, stored, now)
    _linked(db, layout)
    untouched = f"{incoming} i ANTI JOIN {t}_touched u ON {same_key(layout, 'i', 'u')}"
    db.execute(f"CREATE TEMP VIEW {t}_new AS {_first_versions(layout, untouched)} UNION ALL BY NAME {_later_versions(layout)}")
    first = one(db, f"SELECT count(*) FROM {incoming}") - one(db, f"SELECT count(*) FROM {t}_rows")
    stored_rows = first + one(db, f"SELECT count(*) FROM {t}_linked WHERE fresh")
    corrected = one(db, f"SELECT count(*) FROM {t}_linked WHERE fresh AND revision > 0")
    return VersionedRows(f"{t}_new", stored_rows, rows - stored_rows - len(duplicates), corrected, duplicates)


def _contents(layout: TableLayout, prefix: str) -> str:
    return f"hash({names(layout.values, prefix) or '0'})"


def _first_versions(layout: TableLayout, source: str) -> str:
    outcomes = "".join(
        f", CASE WHEN i.{name(o)} IS NOT NULL THEN greatest(i.known, i.{name(o)}) END AS {name(o + '_known_at')}" for o in layout.outcomes
    )
    was = ", CAST(NULL AS VARCHAR) AS was_customer_id" if layout.moves else ""
    return (
        f"SELECT {names((*layout.key, *layout.values, *layout.carried), 'i.')}, i.known AS known_at, i.known AS version_at, "
        f"CAST(0 AS INTEGER) AS revision{was}{outcomes} FROM {source}"
    )


def _news(db: duckdb.DuckDBPyConnection, layout: TableLayout, incoming: str, stored: str | None) -> str:
    """Return the rows that may be news; create ``_touched``, the keys with further versions.

    Rows equal to a record are dropped here, before any sort: a shop that exports its whole history every night brings little news.
    All rows of a key that comes more than once stay, so that duplicates are seen.
    """
    t, key = layout.table, names(layout.key)
    db.execute(f"CREATE TEMP TABLE {t}_often AS SELECT {key} FROM {incoming} GROUP BY {key} HAVING count(*) > 1")
    if not stored:
        db.execute(f"CREATE TEMP VIEW {t}_touched AS SELECT * FROM {t}_often")
        return incoming
    db.execute(
        f"CREATE TEMP TABLE {t}_on_record AS SELECT {names(layout.key, 's.')}, s.version_at, {_contents(layout, 's.')} AS contents "
        f"FROM {stored} s SEMI JOIN {incoming} i ON {same_key(layout, 's', 'i')}"
    )
    db.execute(
        f"CREATE TEMP TABLE {t}_news AS SELECT i.* FROM {incoming} i "
        f"ANTI JOIN (SELECT * FROM {t}_on_record a ANTI JOIN {t}_often o ON {same_key(layout, 'a', 'o')}) s "
        f"ON {same_key(layout, 'i', 's')} AND {_contents(layout, 'i.')} = s.contents AND (NOT i.given OR s.version_at = i.known)"
    )
    db.execute(
        f"CREATE TEMP TABLE {t}_touched AS SELECT {key} FROM {t}_often "
        f"UNION SELECT {names(layout.key, 's.')} FROM {t}_on_record s SEMI JOIN {t}_news n ON {same_key(layout, 's', 'n')}"
    )
    return f"{t}_news"


def _once_a_file(db: duckdb.DuckDBPyConnection, layout: TableLayout, incoming: str) -> list[tuple[int, int]]:
    """Create ``_rows`` (touched incoming rows) and ``_marked`` (equal ones once); return the duplicates."""
    t, key = layout.table, names(layout.key)
    strictest, _ = STRICTEST.get(t, ("", ""))
    named_time = "CASE WHEN given THEN known END"
    db.execute(
        f"CREATE TEMP TABLE {t}_rows AS SELECT i.*, {_contents(layout, 'i.')} AS contents "
        f"FROM {incoming} i SEMI JOIN {t}_touched u ON {same_key(layout, 'i', 'u')}"
    )
    rows = f"{t}_rows"
    if accumulates(layout):
        rows = f"{t}_merged"
        db.execute(f"CREATE TEMP TABLE {rows} AS SELECT *, {_contents(layout, '')} AS contents FROM ({merged_rows(layout, f'{t}_rows')})")
    once = f"SELECT * FROM {rows} QUALIFY row_number() OVER (PARTITION BY {key}, contents, {named_time} ORDER BY {FILE}, {LINE}) = 1"
    db.execute(
        f"CREATE TEMP TABLE {t}_marked AS "
        f"SELECT *, row_number() OVER (PARTITION BY {key}, {FILE}, {named_time} ORDER BY {strictest}{LINE}) AS nth FROM ({once})"
    )
    duplicates = db.execute(f"SELECT {FILE}, {LINE} FROM {t}_marked WHERE nth > 1 ORDER BY ALL").fetchall()
    return [(int(file), int(line)) for file, line in duplicates]


def _fresh(db: duckdb.DuckDBPyConnection, layout: TableLayout, stored: str | None, now: int) -> None:
    """Create ``_stored`` (versions on record of touched keys) and ``_fresh`` (possible new versions)."""
    t, key = layout.table, names(layout.key)
    columns = names(
        (*layout.key, *layout.values, *layout.carried, "known_at", "version_at", "revision", *(f"{o}_known_at" for o in layout.outcomes)),
        "s.",
    )
    if stored:
        # A version that was written again occurs twice; the later writing counts.
        db.execute(
            f"CREATE TEMP TABLE {t}_stored AS SELECT {columns}, {_contents(layout, 's.')} AS contents "
            f"FROM {stored} s SEMI JOIN {t}_touched u ON {same_key(layout, 's', 'u')} "
            f"QUALIFY row_number() OVER (PARTITION BY {names(layout.key, 's.')}, s.version_at ORDER BY s.revision DESC) = 1"
        )
    else:
        outcomes = "".join(f", CAST(NULL AS BIGINT) AS {name(o + '_known_at')}" for o in layout.outcomes)
        db.execute(
            f"CREATE TEMP TABLE {t}_stored AS SELECT {names((*layout.key, *layout.values, *layout.carried))}, known AS known_at, "
            f"known AS version_at, CAST(0 AS INTEGER) AS revision{outcomes}, contents FROM {t}_rows WHERE false"
        )
    db.execute(
        f"CREATE TEMP TABLE {t}_newest AS "
        f"SELECT {key}, max(version_at) AS newest, max(revision) AS revisions FROM {t}_stored GROUP BY {key}"
    )
    _, strictest_last = STRICTEST.get(t, ("", ""))
    on_record = f"SELECT 1 FROM {t}_stored s WHERE {same_key(layout, 's', 'm')}"
    db.execute(f"""
        CREATE TEMP TABLE {t}_fresh AS
        WITH candidates AS (
            SELECT m.*, m.given AND EXISTS ({on_record} AND s.version_at = m.known) AS collides FROM {t}_marked m WHERE nth = 1
        ), fresh AS (
            SELECT m.*, row_number() OVER (PARTITION BY {key} ORDER BY {strictest_last}{FILE}, {LINE}) AS turn,
                   max(known) OVER (PARTITION BY {key}) AS last_known
            FROM candidates m
            WHERE NOT ((NOT m.given OR m.collides) AND EXISTS ({on_record} AND s.contents = m.contents))
        )
        SELECT m.*, n.revisions,
            CASE WHEN given AND NOT collides THEN known
                 WHEN turn = 1 AND (newest IS NULL OR NOT given AND known > newest) THEN known
                 ELSE greatest({now}, coalesce(newest, 0) + 1, last_known + 1) + turn - 1 END AS version_at
        FROM fresh m LEFT JOIN {t}_newest n ON {same_key(layout, "m", "n")}
    """)


def _linked(db: duckdb.DuckDBPyConnection, layout: TableLayout) -> None:
    """Create ``_linked``: the versions to write, each linked to its predecessor."""
    t, key = layout.table, names(layout.key)
    columns = names((*layout.key, *layout.values, *layout.carried))
    outcomes = names(f"{o}_known_at" for o in layout.outcomes)
    stored_outcomes = f", {outcomes}" if outcomes else ""
    no_outcomes = "".join(f", CAST(NULL AS BIGINT) AS {name(o + '_known_at')}" for o in layout.outcomes)
    order = f"PARTITION BY {key} ORDER BY version_at, fresh, revision, {FILE}, {LINE}"
    customer = "customer_id" in layout.values
    was = (
        "CASE WHEN lag(customer_id) OVER w IS DISTINCT FROM customer_id THEN lag(customer_id) OVER w END"
        if customer
        else "CAST(NULL AS VARCHAR)"
    )
    carried_outcomes = "".join(
        f", CASE WHEN NOT fresh THEN {name(o + '_known_at')} WHEN {name(o)} IS DISTINCT FROM lag({name(o)}) OVER w "
        f"THEN greatest(version_at, {name(o)}) END AS {name(o + '_began')}"
        for o in layout.outcomes
    )
    final_outcomes = "".join(
        f", CASE WHEN {name(o)} IS NOT NULL THEN last_value({name(o + '_began')} IGNORE NULLS) OVER w END AS {name(o + '_known_at')}"
        for o in layout.outcomes
    )
    began = [f"{o}_began" for o in layout.outcomes]
    if accumulates(layout):
        changed = (
            f"SELECT * REPLACE ({_contents(layout, '')} AS contents), contents AS was_contents FROM ({carried_on(layout, 'chain', order)})"
        )
        told, rewritten = changed, " OR contents IS DISTINCT FROM was_contents"
    else:
        told, rewritten = "SELECT *, contents AS was_contents FROM chain", ""
    dropped = f"EXCLUDE ({names(['began', *began, *(f'{o}_known_at' for o in layout.outcomes), 'known_at'])})"
    db.execute(f"""
        CREATE TEMP TABLE {t}_linked AS
        WITH chain AS (
            SELECT {columns}, contents, version_at, false AS fresh, revision, NULL AS revisions, known_at{stored_outcomes},
                   0 AS {FILE}, 0 AS {LINE}
            FROM {t}_stored
            UNION ALL BY NAME
            SELECT {columns}, contents, version_at, true AS fresh, 0 AS revision, revisions, NULL AS known_at{no_outcomes}, {FILE}, {LINE}
            FROM {t}_fresh
        ), told AS (
            {told}
        ), kept AS (
            SELECT * FROM told QUALIFY NOT fresh OR lag(contents) OVER ({order}) IS DISTINCT FROM contents
        ), linked AS (
            SELECT *, lag(fresh) OVER w AS before_fresh, {was} AS was_customer_id,
                   CASE WHEN NOT fresh THEN known_at WHEN {_only_news(layout)} THEN NULL ELSE version_at END AS began{carried_outcomes}
            FROM kept WINDOW w AS ({order})
        ), timed AS (
            SELECT * {dropped}, last_value(began IGNORE NULLS) OVER w AS known_at{final_outcomes},
                   max(revisions) OVER (PARTITION BY {key}) AS top
            FROM linked WINDOW w AS ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        )
        SELECT * EXCLUDE (revision), CAST(coalesce(top, -1) + row_number() OVER ({order}) AS INTEGER) AS revision
        FROM timed WHERE fresh OR before_fresh{rewritten}
    """)


def _only_news(layout: TableLayout) -> str:
    """Return the condition that a version only fills in outcomes of the record."""
    if not layout.outcomes:
        return "false"
    besides = BESIDES.get(layout.table, {})
    parts = ["lag(contents) OVER w IS NOT NULL"]
    for column in layout.values:
        unchanged = f"{name(column)} IS NOT DISTINCT FROM lag({name(column)}) OVER w"
        first_said = besides.get(column, column if column in layout.outcomes else None)
        parts.append(f"({unchanged} OR lag({name(first_said)}) OVER w IS NULL)" if first_said else unchanged)
    return " AND ".join(parts)


def _later_versions(layout: TableLayout) -> str:
    was = ", was_customer_id" if layout.moves else ""
    outcomes = "".join(f", {name(o + '_known_at')}" for o in layout.outcomes)
    columns = names((*layout.key, *layout.values, *layout.carried))
    return f"SELECT {columns}, known_at, version_at, revision{was}{outcomes} FROM {layout.table}_linked"
