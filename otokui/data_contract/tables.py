"""Input tables of the data contract, as data: columns, keys, rules.

The checker, the data dictionary and the documentation are read from here; there is no second list to keep in step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ColumnKind(StrEnum):
    """Kind of a column's values, which decides how its text is parsed."""

    ID = "id"
    TEXT = "text"
    TIME = "time"
    MONEY = "money"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CONSENT = "yes or no"
    BOUNCE = "hard or soft"


@dataclass(frozen=True, slots=True)
class Column:
    """Column of a table: name, kind and rules."""

    name: str
    kind: ColumnKind
    says: str
    required: bool = False
    minimum: float | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Input table of the data contract.

    ``key`` names a record (empty = the whole row does); ``happened`` is the column with the event time ('' for tables that only become
    known); ``references`` maps a column to the table it points to.
    """

    name: str
    says: str
    key: tuple[str, ...]
    happened: str
    columns: tuple[Column, ...]
    references: dict[str, str] = field(default_factory=dict)

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((c for c in self.columns if c.name == name), None)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that an input must have."""
        return tuple(c.name for c in self.columns if c.required)


KNOWN_AT = Column("known_at", ColumnKind.TIME, "when the shop came to know (default: when it happened)")

OPT_OUT_TIMES = ("unsubscribed_at", "complained_at", "bounced_at")
"""Columns of contacts in which a row says no; every reader of refusals takes them from here."""

MOST_ATTRIBUTES = 16
"""Largest number of further customer columns that a shop may name, as many as an export of a subscription has."""
PLACES = ("ec", "store", "phone")
EVENT_TYPES = (
    "page_view", "product_view", "search", "cart_add", "cart_remove", "favourite",
    "app_open", "store_visit", "event_attendance", "enquiry", "download",
)  # fmt: skip
"""Event types with features of their own; any other type is stored and counted as a visit."""


def _id(name: str, says: str, *, required: bool = False) -> Column:
    return Column(name, ColumnKind.ID, says, required)


def _time(name: str, says: str, *, required: bool = False) -> Column:
    return Column(name, ColumnKind.TIME, says, required)


def _text(name: str, says: str) -> Column:
    return Column(name, ColumnKind.TEXT, says)


CUSTOMER = _id("customer_id", "the shop's pseudonymous id", required=True)
PRODUCT = _id("product_id", "the product")

_TABLES = (
    Table(
        "customers", "One row per customer; a later row corrects an earlier one", ("customer_id",), "registered_at",
        (
            CUSTOMER,
            _time("registered_at", "when the customer registered"),
            Column("birth_year", ColumnKind.INTEGER, "year of birth", minimum=1900),
            Column("birth_month", ColumnKind.INTEGER, "month of birth, 1 to 12, for birthday messages", minimum=1),
            _text("gender", "as the shop records it"),
            _text("area", "prefecture, region or store area"),
            _text("acquisition_source", "where the customer came from: search, referral, shop …"),
            _text("acquisition_medium", "the medium: cpc, organic, flyer …"),
            _text("landing_variant", "the variant of the landing page"),
        ),
    ),
    Table(
        "orders", "One row per order", ("order_id",), "ordered_at",
        (
            _id("order_id", "the order", required=True),
            CUSTOMER,
            _time("ordered_at", "when it was ordered", required=True),
            _time("delivered_at", "when it reached the customer"),
            _time("cancelled_at", "when it was cancelled"),
            Column("place", ColumnKind.TEXT, "where it was ordered", allowed=PLACES),
            _text("coupon_id", "the coupon that was used"),
        ),
        {"customer_id": "customers"},
    ),
    Table(
        "order_lines", "One row per product of an order", ("order_id", "product_id"), "",
        (
            _id("order_id", "the order", required=True),
            _id("product_id", "the product", required=True),
            Column("quantity", ColumnKind.NUMBER, "how many", True, 0.0),
            Column("paid_amount", ColumnKind.MONEY, "what was paid for the line in all", True, 0.0),
            Column("list_amount", ColumnKind.MONEY, "what the line costs at list price", minimum=0.0),
            Column("returned_quantity", ColumnKind.NUMBER, "how many came back", minimum=0.0),
        ),
        {"order_id": "orders", "product_id": "products"},
    ),
    Table(
        "products", "One row per product", ("product_id",), "launched_at",
        (
            _id("product_id", "the product", required=True),
            _text("name", "what it is called"),
            _text("category_l", "large category"),
            _text("category_m", "middle category"),
            _text("category_s", "small category"),
            _text("taste", "colour, pattern, material or size"),
            _text("brand", "brand or character"),
            Column("list_price", ColumnKind.MONEY, "list price of one", minimum=0.0),
            Column("unit_cost", ColumnKind.MONEY, "what one costs the shop", minimum=0.0),
            Column("replenish_days", ColumnKind.NUMBER, "days until one is used up", minimum=0.0),
            _time("launched_at", "when it came on sale"),
            Column("in_stock", ColumnKind.BOOLEAN, "whether it can be bought now (empty = yes); what cannot is never shown"),
        ),
    ),
    Table(
        "events", "One row per thing a customer did other than buying", ("event_id",), "occurred_at",
        (
            _id("event_id", "the event", required=True),
            CUSTOMER,
            _time("occurred_at", "when", required=True),
            Column("type", ColumnKind.TEXT, "what: " + ", ".join(EVENT_TYPES) + " …", True),
            PRODUCT,
            _text("source", "where the visit came from"),
            _text("device", "the device"),
            Column("value", ColumnKind.NUMBER, "a number that belongs to the event"),
        ),
        {"customer_id": "customers"},
    ),
    Table(
        "contacts", "One row per message sent to a customer; a later row of the same id adds what became of it", ("contact_id",), "sent_at",
        (
            _id("contact_id", "the contact", required=True),
            CUSTOMER,
            _id("message_id", "the message", required=True),
            Column("channel", ColumnKind.TEXT, "the channel", True),
            _time("sent_at", "when it was sent", required=True),
            _time("delivered_at", "when it was delivered"),
            _time("opened_at", "when it was opened"),
            Column("machine_open", ColumnKind.BOOLEAN, "whether a machine opened it, not a person"),
            _time("clicked_at", "when it was clicked"),
            _time("converted_at", "when the goal was reached"),
            Column("converted_amount", ColumnKind.MONEY, "what was bought", minimum=0.0),
            _time("unsubscribed_at", "when the customer unsubscribed through it; closes the channel until a later consent"),
            _time("bounced_at", "when it bounced; a hard bounce closes the channel until something arrives"),
            _time("complained_at", "when the customer reported it as spam, or complained; closes the channel"),
            Column("bounce_type", ColumnKind.BOUNCE, "whether the bounce was hard (permanent) or soft (transient); empty counts as hard"),
            _id("decision_id", "the decision that led to it"),
            Column("action_probability", ColumnKind.NUMBER, "the chance with which it was chosen", minimum=0.0),
            _text("group", "treatment or control"),
        ),
        {"customer_id": "customers"},
    ),
    Table(
        "consents", "One row per change of a consent; of a yes and a no at one time the no counts",
        ("customer_id", "channel", "changed_at", "opted_in"), "changed_at",
        (
            CUSTOMER,
            Column("channel", ColumnKind.TEXT, "the channel", True),
            Column("opted_in", ColumnKind.CONSENT, "whether the customer agreed; what cannot be read is a no", True),
            _time("changed_at", "when the customer said so", required=True),
        ),
        {"customer_id": "customers"},
    ),
    Table(
        "suppressions", "Who must not be contacted (blacklist)", ("customer_id", "channel", "from"), "from",
        (
            CUSTOMER,
            _text("channel", "the channel; empty = all"),
            Column("reason", ColumnKind.TEXT, "why", True),
            _time("from", "from when; what cannot be read is from the beginning", required=True),
            _time("until", "until when; empty, the year 2200 or later, or what cannot be read = for good"),
        ),
        {"customer_id": "customers"},
    ),
    Table(
        "identities", "One row per id of a customer in another source, and per merged customer; the newest row of an id counts",
        ("source", "alias_id", "from"), "from",
        (
            _text("source", "the source of the id: line, shopify, app …; empty = a merged customer"),
            _id("alias_id", "the id in that source, or the customer id that was merged", required=True),
            CUSTOMER,
            _time("from", "from when it belongs to the customer", required=True),
        ),
    ),
    Table(
        "contracts", "One row per contract of a subscription", ("contract_id",), "started_at",
        (
            _id("contract_id", "the contract", required=True),
            CUSTOMER,
            _text("plan", "the plan"),
            _time("started_at", "when it began", required=True),
            _time("term_ends_at", "when its term ends"),
            _time("cancelled_at", "when it was cancelled"),
            Column("monthly_amount", ColumnKind.MONEY, "what is paid a month", minimum=0.0),
        ),
        {"customer_id": "customers"},
    ),
    Table(
        "transactions", "The flat table of a shop that has only purchases; split at the door into orders and order_lines", (), "ordered_at",
        (
            CUSTOMER,
            _time("ordered_at", "when", required=True),
            Column("paid_amount", ColumnKind.MONEY, "what was paid", True, 0.0),
            _id("order_id", "the order (default: one per customer and time)"),
            _id("product_id", "the product"),
            Column("quantity", ColumnKind.NUMBER, "how many", minimum=0.0),
            Column("list_amount", ColumnKind.MONEY, "at list price", minimum=0.0),
            Column("place", ColumnKind.TEXT, "where it was ordered", allowed=PLACES),
        ),
        {"customer_id": "customers"},
    ),
)  # fmt: skip

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}
STORED: tuple[str, ...] = tuple(name for name in TABLES if name != "transactions")
"""Tables that are stored; ``transactions`` is split into orders and order_lines."""
