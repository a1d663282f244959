"""SQL queries over record files, for both DuckDB and Spark.

Each query takes its files from the commit log, so that a night's query reads a night's files. An engine only supplies how it reads a
list of files and quotes a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from adapters.records.store.commit_log import RecordFile
from adapters.records.store.layout import LAYOUTS, MASKED, OUTCOME_LOCAL, TableLayout
from otokui.data_contract.tables import TABLES

DERIVED = {"deliveries": "orders", "contact_outcomes": "contacts"}
"""Derived streams: name = the table they are derived from."""
_PURCHASES = ("orders", "order_lines", "deliveries")


def how_to_bring(table: str) -> str:
    """Return the command that brings a missing table.

    Purchases come most simply as one flat table.
    """
    if table in _PURCHASES:
        return "run `otokui ingest --shop SHOP transactions=FILE`, or bring orders=FILE and order_lines=FILE"
    return f"run `otokui ingest --shop SHOP {DERIVED.get(table, table)}=FILE`"


BEGINNING, END = -(2**62), 2**62

Scan = Callable[[TableLayout, Sequence[RecordFile]], str]
"""Return a table expression for FROM with the rows of these files."""

Quote = Callable[[str], str]


class RecordQueries:
    """SQL queries over one consistent view of the commit log."""

    def __init__(self, files: Iterable[RecordFile], scan: Scan, quote: Quote) -> None:
        self._files: dict[str, list[RecordFile]] = {}
        for file in files:
            self._files.setdefault(file.table, []).append(file)
        self._scan, self._quote = scan, quote

    def tables(self) -> list[str]:
        """Return the tables with records, derived streams included."""
        stored = [t for t in LAYOUTS if t in self._files]
        return stored + [name for name, table in DERIVED.items() if table in self._files]

    def of(self, table: str) -> list[RecordFile]:
        """Return all files of a stored table, oldest batch first."""
        return self._files.get(table, [])

    def files(self, table: str, before: int, since: int) -> list[RecordFile]:
        """Return the files that may have rows of ``table`` known in ``[since, before)``."""
        if table in DERIVED:
            return self._outcome_files(DERIVED[table], before, since)
        return [f for f in self._files.get(table, ()) if f.known_last >= since and f.known_first < before and f.version_first < before]

    def frame(self, table: str, before: int, since: int) -> str:
        """Return the query for the rows of a table or derived stream, each key once."""
        if table == "deliveries":
            return self._deliveries(before, since)
        if table == "contact_outcomes":
            return self._contact_outcomes(before, since)
        layout = LAYOUTS[table]
        newest = self._newest(layout, self.files(table, before, since), before, f"known_at >= {since} AND known_at < {before}")
        masked = MASKED.get(table, {})
        columns = ", ".join(self._masked(c, masked[c], before) if c in masked else self._quote(c) for c in layout.visible)
        return f"SELECT {columns} FROM ({newest}) newest"

    def restated(self, since: int, before: int) -> str | None:
        """Return the query for customers with corrections in ``[since, before)``, None where there are none."""
        queries = [
            *self._corrected(since, before),
            *self._cancelled(since, before),
            *self._late(since, before),
            *self._described_anew(since, before),
            *self._contracts(since, before),
        ]
        if not queries:
            return None
        return f"SELECT DISTINCT customer_id FROM ({' UNION ALL '.join(queries)}) changed WHERE customer_id IS NOT NULL"

    def _newest(self, layout: TableLayout, files: Sequence[RecordFile], before: int, condition: str) -> str:
        """Return all columns of the newest version of each key.

        Keys with one version are not looked up.
        """
        key = ", ".join(map(self._quote, layout.key))
        base = f"SELECT * FROM {self._scan(layout, files)} rows_of_{layout.table} WHERE version_at < {before} AND {condition}"
        corrections = [f for f in files if f.corrections]
        if not corrections:
            return base
        changed = f"(SELECT DISTINCT {key} FROM {self._scan(layout, corrections)} c WHERE revision > 0 AND version_at < {before}) k"
        equal_keys = " AND ".join(f"b.{self._quote(c)} IS NOT DISTINCT FROM k.{self._quote(c)}" for c in layout.key)
        columns = ", ".join(
            self._quote(c) for c in (*layout.key, *layout.values, *layout.carried, *layout.derived, *layout.internal, "known_at")
        )
        ranked = (
            f"SELECT b.*, row_number() OVER (PARTITION BY {', '.join('b.' + self._quote(c) for c in layout.key)} "
            f"ORDER BY b.version_at DESC, b.revision DESC) AS nth FROM ({base}) b SEMI JOIN {changed} ON {equal_keys}"
        )
        return (
            f"SELECT {columns} FROM ({base}) b ANTI JOIN {changed} ON {equal_keys} "
            f"UNION ALL SELECT {columns} FROM ({ranked}) ranked WHERE nth = 1"
        )

    def _masked(self, column: str, at: str, before: int) -> str:
        return f"CASE WHEN {self._quote(at)} < {before} THEN {self._quote(column)} END AS {self._quote(column)}"

    def _outcome_files(self, table: str, before: int, since: int) -> list[RecordFile]:
        visible = [f for f in self._files.get(table, ()) if f.version_first < before]
        holding = [f for f in visible if f.outcome_last >= since]
        first = min((f.version_first for f in holding), default=END)
        # A later version may have removed the outcome.
        return [f for f in visible if f in holding or (f.corrections and f.version_last >= first)]

    def _deliveries(self, before: int, since: int) -> str:
        orders = self._newest(LAYOUTS["orders"], self.files("deliveries", before, since), before, "true")
        return (
            f"SELECT order_id, customer_id, ordered_at, delivered_at, place, delivered_at_known_at AS known_at FROM ({orders}) o "
            f"WHERE delivered_at < {before} AND delivered_at_known_at >= {since} AND delivered_at_known_at < {before} "
            f"AND (cancelled_at IS NULL OR cancelled_at >= {before})"  # else it would count for another order with the same key
        )

    def _contact_outcomes(self, before: int, since: int) -> str:
        contacts = self._newest(LAYOUTS["contacts"], self.files("contact_outcomes", before, since), before, "true")
        parts = []
        for at, local in OUTCOME_LOCAL["contacts"]:
            name = at.removesuffix("_at")
            amount = "converted_amount" if name == "converted" else "CAST(NULL AS DOUBLE)"
            # A machine that fetches the images is not a person who reads: another kind, so that it is not counted as one.
            kind = "CASE WHEN coalesce(machine_open, false) THEN 'machine_opened' ELSE 'opened' END" if name == "opened" else f"'{name}'"
            parts.append(
                f"SELECT contact_id, customer_id, channel, message_id, {kind} AS kind, sent_at, {self._quote(at)} AS {self._quote('at')}, "
                f"{local} AS {self._quote('local')}, {amount} AS amount, {at}_known_at AS known_at FROM resolved "
                f"WHERE {at} < {before} AND {at}_known_at >= {since} AND {at}_known_at < {before}"
            )
        return f"WITH resolved AS ({contacts}) " + " UNION ALL ".join(parts)

    def _corrected(self, since: int, before: int) -> list[str]:
        queries = []
        for table in ("customers", "orders", "order_lines", "events", "contacts"):
            layout = LAYOUTS[table]
            files = [f for f in self.files(table, before, since) if f.corrections]
            if files:
                window = f"known_at = version_at AND known_at >= {since} AND known_at < {before}"
                changed = f"{self._scan(layout, files)} c WHERE revision > 0 AND {window}"
                queries += [
                    f"SELECT {c} AS customer_id FROM {changed}" for c in ("customer_id", *(("was_customer_id",) if layout.moves else ()))
                ]
        return queries

    def _cancelled(self, since: int, before: int) -> list[str]:
        files = self._outcome_files("orders", before, since)
        if not files:
            return []
        return [
            f"SELECT customer_id FROM {self._scan(LAYOUTS['orders'], files)} o WHERE known_at < {since} AND version_at < {before} "
            f"AND cancelled_at < {before} AND greatest(cancelled_at, version_at) >= {since}"
        ]

    def _late(self, since: int, before: int) -> list[str]:
        queries = []
        for table in ("orders", "order_lines", "events", "contacts"):
            layout = LAYOUTS[table]
            late = [f for f in self.files(table, before, since) if f.late]
            older = self.files(table, since, BEGINNING)
            if late and older:
                happened = TABLES[table].happened or "ordered_at"
                queries.append(
                    f"SELECT n.customer_id FROM (SELECT customer_id, min({happened}) AS first_late FROM {self._scan(layout, late)} l "
                    f"WHERE known_at >= {since} AND known_at < {before} AND {happened} < {since} GROUP BY customer_id) n "
                    f"JOIN {self._scan(layout, older)} r ON n.customer_id = r.customer_id "
                    f"WHERE r.known_at < {since} AND r.{happened} >= n.first_late"
                )
        return queries

    def _contracts(self, since: int, before: int) -> list[str]:
        """Customers of contracts that were changed, prolonged or cancelled.

        Contracts are few, so all files are read.
        """
        files = self.files("contracts", before, BEGINNING)
        if not files:
            return []
        changed = f"revision > 0 AND version_at >= {since} AND version_at < {before}"
        cancelled = f"known_at < {since} AND cancelled_at >= {since} AND cancelled_at < {before}"
        return [f"SELECT customer_id FROM {self._scan(LAYOUTS['contracts'], files)} c WHERE ({changed}) OR ({cancelled})"]

    def _described_anew(self, since: int, before: int) -> list[str]:
        """Buyers of products whose description was added or changed after the purchase."""
        lines = self.files("order_lines", since, BEGINNING)
        if not self.files("products", before, since) or not lines:
            return []
        columns = [c for c in (*LAYOUTS["products"].values,) if c not in ("name", "list_price", "in_stock")]
        differs = " OR ".join(f"n.{self._quote(c)} IS DISTINCT FROM t.{self._quote(c)}" for c in columns)
        changed = (
            f"SELECT n.product_id FROM ({self.frame('products', before, BEGINNING)}) n "
            f"LEFT JOIN ({self.frame('products', since, BEGINNING)}) t ON n.product_id = t.product_id "
            f"WHERE t.product_id IS NULL OR {differs}"
        )
        return [
            f"SELECT l.customer_id FROM {self._scan(LAYOUTS['order_lines'], lines)} l "
            f"JOIN ({changed}) p ON l.product_id = p.product_id WHERE l.known_at < {since}"
        ]
