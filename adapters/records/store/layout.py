"""Columns of each table in the record store, and their roles in versions.

All code that writes or reads record files takes its columns from here, on DuckDB and on Spark.
"""

from __future__ import annotations

from dataclasses import dataclass

from otokui.data_contract.tables import MOST_ATTRIBUTES, TABLES, ColumnKind

_TYPES = {
    ColumnKind.ID: "VARCHAR", ColumnKind.TEXT: "VARCHAR", ColumnKind.TIME: "BIGINT", ColumnKind.MONEY: "DOUBLE",
    ColumnKind.NUMBER: "DOUBLE", ColumnKind.INTEGER: "BIGINT", ColumnKind.BOOLEAN: "BOOLEAN",
    ColumnKind.CONSENT: "BOOLEAN", ColumnKind.BOUNCE: "VARCHAR",
}  # fmt: skip

ATTRIBUTES = tuple(f"attribute_{k}" for k in range(1, MOST_ATTRIBUTES + 1))
CODES = 32
"""Buckets of a profile text, and of the plan of a contract."""

BUCKETS: dict[str, dict[str, tuple[str, int]]] = {
    "products": {"category_bucket": ("category_l", 12), "brand_bucket": ("brand", 8), "taste_bucket": ("taste", 8)},
    "customers": {
        f"{name}_code": (name, CODES)
        for name in ("gender", "area", "acquisition_source", "acquisition_medium", "landing_variant", *ATTRIBUTES)
    },
    "contracts": {"plan_code": ("plan", CODES)},
}
"""Per table: bucket column = the text it is the bucket of, and how many buckets."""

LOCAL = {"orders": ("ordered_at", "ordered_local"), "events": ("occurred_at", "occurred_local"), "contacts": ("sent_at", "sent_local")}
"""Per table: the time whose local form is stored beside it."""

OUTCOMES = {
    "orders": ("delivered_at",),
    "contacts": ("delivered_at", "opened_at", "clicked_at", "converted_at", "unsubscribed_at", "bounced_at", "complained_at"),
}
"""Times of a record's outcomes. A time filled in later is news about the record, not a correction."""

OUTCOME_LOCAL = {"contacts": tuple((o, o.removesuffix("_at") + "_local") for o in OUTCOMES["contacts"])}
"""Outcomes whose local form is stored too (time, local): the hour at which a customer reads is a feature."""

BESIDES = {"contacts": {"machine_open": "opened_at", "converted_amount": "converted_at", "bounce_type": "bounced_at"}}
"""Columns that belong to an outcome: known with it, filled in with it."""

MASKED = {
    "orders": {"delivered_at": "delivered_at", "cancelled_at": "cancelled_at"},
    "order_lines": {"cancelled_at": "cancelled_at"},
    "contacts": {name: name for name in OUTCOMES["contacts"]} | BESIDES["contacts"],
    "contracts": {"cancelled_at": "cancelled_at"},
}
"""Per table: columns that are null to a reader before the time in the named column."""

STRICTEST = {"suppressions": ('"until" IS NOT NULL, "until" DESC, ', '"until" IS NULL, "until", ')}
"""Per table: the order (in SQL) of rows of one key from the strictest on, and its reverse; the strictest row counts."""

FROM_ORDER = ("customer_id", "ordered_at", "ordered_local", "cancelled_at")
"""Columns that an order line takes from its order."""


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The columns of one table in the record store.

    key: the columns that identify a record. values: columns that are compared between versions. carried: further columns (local times,
    an order's columns on its lines). derived: computed when written. outcomes: see OUTCOMES.
    """

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    carried: tuple[str, ...]
    derived: tuple[str, ...]
    outcomes: tuple[str, ...]

    @property
    def visible(self) -> tuple[str, ...]:
        """The columns that a reader gets, in this order."""
        local_times = {local for _, local in OUTCOME_LOCAL.get(self.table, ())}
        return (*self.key, *self.values, *(c for c in self.carried if c not in local_times), *self.derived, "known_at")

    @property
    def stored(self) -> tuple[str, ...]:
        """All columns of a record file of this build.

        A file of an older build may lack some, which are then null.
        """
        return (*self.key, *self.values, *self.carried, *self.derived, *self.internal, "known_at")

    @property
    def internal(self) -> tuple[str, ...]:
        """Internal columns of the store."""
        was = ("was_customer_id",) if self.moves else ()
        return ("version_at", "revision", *was, *(f"{name}_known_at" for name in self.outcomes))

    @property
    def moves(self) -> bool:
        """Whether a correction can assign a record to another customer."""
        return "customer_id" in self.values or self.table == "order_lines"

    def sql_type(self, column: str) -> str:
        """Return DuckDB's type of a column."""
        contract = TABLES[self.table].column(column)
        if contract is not None:
            return _TYPES[contract.kind]
        if column in ATTRIBUTES or column in ("customer_id", "was_customer_id"):
            return "VARCHAR"
        return "INTEGER" if column == "revision" else "BIGINT"


def _layout(table: str) -> TableLayout:
    contract = TABLES[table]
    extra = ATTRIBUTES if table == "customers" else ()
    values = tuple(c.name for c in contract.columns if c.name not in contract.key) + extra
    carried: tuple[str, ...] = (LOCAL[table][1],) if table in LOCAL else FROM_ORDER if table == "order_lines" else ()
    carried += tuple(local for _, local in OUTCOME_LOCAL.get(table, ()))
    return TableLayout(table, contract.key, values, carried, tuple(BUCKETS.get(table, {})), OUTCOMES.get(table, ()))


LAYOUTS: dict[str, TableLayout] = {name: _layout(name) for name in TABLES if name != "transactions"}
