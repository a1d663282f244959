"""Columns of the ledger's tables, and the metadata that holds the tables."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, MetaData, String

METADATA = MetaData()

NOBODY: Final = "names_no_customer"
"""Key in a table's ``info`` that says why no customer id stands in it.

Every other table has a column that ends in ``customer_id``, from which erasure and disclosure find its rows
(``adapters.ledger.erasure``; a contract test).
"""

OUTCOMES = (
    "delivered", "opened", "clicked", "converted", "unsubscribed", "bounced", "complained", "decided", "chance", "group",
)  # fmt: skip
"""Outcomes and notes of a contact with an instant since when they are known."""


def text_column(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    """Return a text column."""
    return Column(name, String, primary_key=key, nullable=null)


def time_column(name: str, *, key: bool = False, null: bool = False) -> Column[int]:
    """Return a column of epoch seconds."""
    return Column(name, BigInteger, primary_key=key, nullable=null, autoincrement=False)
