"""The rules that incoming records must keep, as data: what breaking one leads to, and what the shop can do.

A message about bad records is put together from here, so that none can go without its fix.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What happens when a rule is broken."""

    REFUSE = "refuse the file"
    SET_ASIDE = "set the row aside"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with a name, what breaking it leads to, and what the shop can do."""

    name: str
    severity: Severity
    says: str
    fix: str


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            "missing_column", Severity.REFUSE, "a required column is absent", "add the column, or map its name in [records.columns.TABLE]"
        ),
        Rule(
            "missing_header",
            Severity.REFUSE,
            "the first row seems to hold values, not column names",
            "export the file again with its column names in the first row",
        ),
        Rule("truncated_file", Severity.REFUSE, "the file ends in the middle of a record", "export and copy the file again"),
        Rule(
            "unreadable_file", Severity.REFUSE, "the file cannot be read as what its name says", "export it again as CSV (UTF-8) or Parquet"
        ),
        Rule(
            "personal_data",
            Severity.REFUSE,
            "a column holds e-mail addresses, phone numbers or names",
            "drop the column, or list it in [records] hash_columns",
        ),
        Rule(
            "mixed_time_zones", Severity.REFUSE, "a column mixes times with and without offset", "write every time with its offset, or none"
        ),
        Rule(
            "too_many_bad_rows",
            Severity.REFUSE,
            "more rows are bad than [records] max_bad_share permits",
            "repair the rows named, or raise max_bad_share",
        ),
        Rule(
            "unparsable",
            Severity.SET_ASIDE,
            "the text cannot be read as the column's kind",
            "write times as ISO 8601, numbers with a point and no thousands separator",
        ),
        Rule("missing_value", Severity.SET_ASIDE, "a required value is empty", "fill the value at the source"),
        Rule(
            "below_minimum",
            Severity.SET_ASIDE,
            "a number lies below the least permitted",
            "amounts are positive; record returns in returned_quantity",
        ),
        Rule("not_allowed", Severity.SET_ASIDE, "a value is not one of those permitted", "use one of the values listed"),
        Rule(
            "duplicate_key",
            Severity.SET_ASIDE,
            "the key stands twice in one file with different contents",
            "export each key once; a correction comes with a later known_at",
        ),
        Rule(
            "from_the_future",
            Severity.SET_ASIDE,
            "the record says it happened after it was brought in",
            "check the clock and the time zone of the export",
        ),
        Rule(
            "unknown_reference",
            Severity.SET_ASIDE,
            "the row points to a record that is not there",
            "bring the other table first, or both together",
        ),
        Rule(
            "unknown_customer",
            Severity.WARN,
            "the customer is not in the customers table",
            "bring the customers table too; the row was kept",
        ),
        Rule(
            "unknown_product", Severity.WARN, "the product is not in the products table", "bring the products table too; the row was kept"
        ),
        Rule(
            "personal_data_removed",
            Severity.WARN,
            "cells held e-mail addresses, phone numbers, addresses or names and were emptied",
            "leave such values out of the export; the rows were kept",
        ),
        Rule("empty_table", Severity.WARN, "the file holds no row", "nothing was changed; check the export if this surprises"),
    )
}
