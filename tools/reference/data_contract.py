"""docs/reference/data-contract.md: the tables that come in, and every rule they are held to."""

from __future__ import annotations

from otokui.data_contract.rules import RULES
from otokui.data_contract.tables import KNOWN_AT, TABLES, Column, Table
from tools.reference.page import code, page, table


def render() -> str:
    """Return the page."""
    return page(
        "The data that comes in",
        "`otokui/data_contract/tables.py`",
        "Tables come as CSV or Parquet files, folders of them, or PostgreSQL tables. `*` marks what is required. Every table also takes "
        f"`{KNOWN_AT.name}`: {KNOWN_AT.says}. Further columns are ignored, unless `[records] attributes` names them; column names of an "
        "export are mapped in `[records.columns.TABLE]`. None but purchases is required: either `orders` with `order_lines`, or the flat "
        "`transactions`.",
        "Times carry their offset, or are read in the shop's time zone. Ids are text and pseudonymous: columns that hold e-mail addresses, "
        "phone numbers or names are refused (or hashed, `[records] hash_columns`).",
        "## Rules",
        "A row that is set aside goes to the shop's `quarantine/` with the rule and its line; a run prints how many of how many.",
        table(
            ("rule", "when", "what happens", "to fix it"),
            ((code(rule.name), rule.says, str(rule.severity), rule.fix) for rule in RULES.values()),
        ),
        "## Tables",
        *(_table(each) for each in TABLES.values()),
    )


def _table(each: Table) -> str:
    facts = [f"Key: {', '.join(map(code, each.key))}." if each.key else "Key: the whole row."]
    if each.happened:
        facts.append(f"Happened at: {code(each.happened)}.")
    facts += [f"{code(column)} points to `{other}`." for column, other in each.references.items()]
    rows = ((code(c.name) + (" *" if c.required else ""), str(c.kind), c.says, _limits(c)) for c in each.columns)
    return f"### {each.name}\n\n{each.says}. {' '.join(facts)}\n\n" + table(("column", "kind", "what", "limits"), rows)


def _limits(column: Column) -> str:
    if column.allowed:
        return "one of " + ", ".join(map(code, column.allowed))
    return f"at least {column.minimum:g}" if column.minimum is not None else ""
