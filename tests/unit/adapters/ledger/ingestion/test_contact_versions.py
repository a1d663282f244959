"""Merge of contact versions in the ledger, against the rule over the whole set, in any order and any cutting into imports."""

from __future__ import annotations

import itertools
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.ledger import SqlLedger, open_ledger
from tests.contact_rule import TIMES, merged, versions

SCHEMA: dict[str, Any] = (
    dict.fromkeys(("customer_id", "contact_id", "message_id", "channel", "bounce_type", "decision_id"), pl.String)
    | dict.fromkeys(("sent_at", "known_at", *TIMES), pl.Int64)
    | {"machine_open": pl.Boolean, "converted_amount": pl.Float64}
)


@pytest.fixture(scope="module")
def ledger() -> SqlLedger:
    return open_ledger("sqlite:///:memory:", channels=(), messages=(), contact_cap=1, contact_cap_days=1)


def brought(ledger: SqlLedger, rows: list[dict[str, Any]], cuts: set[int]) -> dict[str, Any]:
    """The contact after its versions came in this order, cut into imports before these positions."""
    engine, _ = ledger.database
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM contacts"))
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(rows)), len(rows)]
    for begin, end in itertools.pairwise(edges):
        ledger.import_contacts(pl.DataFrame(rows[begin:end], schema=SCHEMA, orient="row"))
    with engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM contacts")).mappings()
    return dict(row) | {"machine_open": None if row["machine_open"] is None else bool(row["machine_open"])}


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(versions, min_size=1, max_size=5), order=st.randoms(use_true_random=False), cuts=st.sets(st.integers(1, 4)))
def test_versions_merge_to_one_row_in_any_order(ledger: SqlLedger, rows: list[dict[str, Any]], order: Any, cuts: set[int]) -> None:
    """Whatever the order, and however it is cut into imports, each outcome is that of the version known last that tells it."""
    order.shuffle(rows)
    row = brought(ledger, rows, cuts)
    assert {name: row[name] for name in merged(rows)} == merged(rows)
    assert (row["known_at"], row["revised_at"]) == (min(each["known_at"] for each in rows), max(each["known_at"] for each in rows))
