"""Kinds of personal data, and the evidence that each column of the contract requires.

One table, apart from the detectors, holds the evidence by column: a brand may be called like a person,
an order id may look like a telephone number, a note may hold anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from otokui.data_contract.tables import TABLES, ColumnKind


class Kind(StrEnum):
    """Kind of personal data in a value."""

    EMAIL = "e-mail"
    PHONE = "phone"
    CARD = "card number"
    NUMBER = "personal number"
    ADDRESS = "address"
    NAME = "name"

    @property
    def mask(self) -> str:
        """The text that replaces such a value."""
        return f"[{self}]"

    @property
    def plural(self) -> str:
        """Plural of the kind for messages."""
        return _PLURALS[self]


_PLURALS = {
    Kind.EMAIL: "e-mail addresses", Kind.PHONE: "phone numbers", Kind.CARD: "card numbers", Kind.NUMBER: "personal numbers",
    Kind.ADDRESS: "postal addresses", Kind.NAME: "names",
}  # fmt: skip

MASKS: tuple[str, ...] = tuple(kind.mask for kind in Kind)


@dataclass(frozen=True, slots=True)
class EvidenceLevel:
    """Evidence that a column requires.

    free: free text, where a part of the value is enough and a number without separators is a telephone number; elsewhere
    digits alone prove nothing. people: whether English names count. known_people: authors and designers may stand here;
    names are left alone where they are many.
    """

    free: bool = False
    people: bool = True
    known_people: bool = False


FREE = EvidenceLevel(free=True)
STRICT = EvidenceLevel()
NO_ENGLISH = EvidenceLevel(people=False)
PRODUCT = EvidenceLevel(people=False, known_people=True)

_SOURCES = {"acquisition_source", "acquisition_medium", "landing_variant", "source", "coupon_id", "plan", "type"}
"""Columns of brands, campaigns and search terms: "John Lewis" and "Dr Pepper" are no customers."""


def evidence_for(table: str, column: str) -> EvidenceLevel | None:
    """Return the evidence of a column, None for times, numbers and yes-or-no.

    Their text either parses or is quarantined.
    """
    contract = TABLES[table].column(column)
    if contract is None:
        return FREE
    if contract.kind is ColumnKind.ID:
        return NO_ENGLISH if column == "product_id" else STRICT
    if contract.kind is not ColumnKind.TEXT:
        return None
    if table == "products":
        return PRODUCT
    if column in _SOURCES:
        return NO_ENGLISH
    return FREE if column in ("reason", "gender") else STRICT
