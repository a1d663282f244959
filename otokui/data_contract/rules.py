"""Rules of the data contract, as data: severity, wording and fix.

Messages about bad records are made from them, so that each has its fix. The report shows them in its own language, so they are marked for
the catalogues; the command line shows them in English.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from otokui.wording.i18n import N_


class Severity(StrEnum):
    """Severity of a broken record rule."""

    REFUSE = "refuse the file"
    SET_ASIDE = "set the row aside"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class RecordRule:
    """Record rule with a name, a severity, a wording and a fix."""

    name: str
    severity: Severity
    says: str
    fix: str


RULES: dict[str, RecordRule] = {
    rule.name: rule
    for rule in (
        RecordRule(
            "missing_column",
            Severity.REFUSE,
            N_("a required column is absent"),
            N_("add the column, or map its name in [records.columns.TABLE]"),
        ),
        RecordRule(
            "missing_header",
            Severity.REFUSE,
            N_("the first row seems to hold values, not column names"),
            N_("export the file again with its column names in the first row"),
        ),
        RecordRule("truncated_file", Severity.REFUSE, N_("the file ends in the middle of a record"), N_("export and copy the file again")),
        RecordRule(
            "unreadable_file",
            Severity.REFUSE,
            N_("the file cannot be read as what its name says"),
            N_("export it again as CSV (UTF-8) or Parquet"),
        ),
        RecordRule(
            "personal_data",
            Severity.REFUSE,
            N_("a column holds e-mail addresses, phone numbers or names"),
            N_("drop the column, or list it in [records] hash_columns"),
        ),
        RecordRule(
            "mixed_time_zones",
            Severity.REFUSE,
            N_("a column mixes times with and without offset"),
            N_("write every time with its offset, or none"),
        ),
        RecordRule(
            "too_many_bad_rows",
            Severity.REFUSE,
            N_("more rows are bad than [records] max_bad_share permits"),
            N_("repair the rows named, or raise max_bad_share"),
        ),
        RecordRule(
            "unparsable",
            Severity.SET_ASIDE,
            N_("the text cannot be read as the column's kind"),
            N_("write times as ISO 8601, numbers with a point and no thousands separator"),
        ),
        RecordRule(
            "not_an_id",
            Severity.SET_ASIDE,
            N_("the value cannot be an id: too long, or a character that is not printable"),
            N_("correct it at the source: an id is 1 to 128 printable characters in one line, and the only blank inside is the space"),
        ),
        RecordRule("missing_value", Severity.SET_ASIDE, N_("a required value is empty"), N_("fill the value at the source")),
        RecordRule(
            "below_minimum",
            Severity.SET_ASIDE,
            N_("a number lies below the least permitted"),
            N_("amounts are positive; record returns in returned_quantity"),
        ),
        RecordRule("not_allowed", Severity.SET_ASIDE, N_("a value is not one of those permitted"), N_("use one of the values listed")),
        RecordRule(
            "duplicate_key",
            Severity.SET_ASIDE,
            N_("the key stands twice in one file with different contents"),
            N_("export each key once; a correction comes with a later known_at"),
        ),
        RecordRule(
            "from_the_future",
            Severity.SET_ASIDE,
            N_("the record says it happened after it was brought in"),
            N_("check the clock and the time zone of the export"),
        ),
        RecordRule(
            "unknown_reference",
            Severity.SET_ASIDE,
            N_("the row points to a record that is not there"),
            N_("bring the other table first, or both together"),
        ),
        RecordRule(
            "merge_circle",
            Severity.SET_ASIDE,
            N_("the merge would close a circle: the surviving customer is itself merged into this one"),
            N_("bring the merge the other way round, or first end the earlier one (alias_id and customer_id the same, from a later time)"),
        ),
        RecordRule(
            "erased",
            Severity.SET_ASIDE,
            N_("the customer was erased and is not recorded again; the row is counted, and nothing of it is stored"),
            N_("stop sending records of this customer; somebody who comes back gets a new customer id"),
        ),
        RecordRule(
            "refused_by_ledger",
            Severity.SET_ASIDE,
            N_("the row is on record, and the ledger cannot take it"),
            N_("bring the row again, repaired; `otokui doctor --shop SHOP` says which customers it may not reach meanwhile"),
        ),
        RecordRule(
            "refusal_lost",
            Severity.SET_ASIDE,
            "ATTENTION: a row that says no, or may say no, has no usable customer id or cells out of place, so it stops nobody",
            "bring it again with the shop's customer_id and a cell for each column; until then stop contacts to them by hand",
        ),
        RecordRule(
            "unknown_decision",
            Severity.SET_ASIDE,
            "no decision of that id is on record, so the outcome belongs to no contact",
            "send the decision_id of the decision, or customer_id, message_id and channel as well",
        ),
        RecordRule(
            "unnamed_contact",
            Severity.SET_ASIDE,
            "nothing says to which contact the outcome belongs",
            "send decision_id, contact_id, or customer_id with message_id and channel",
        ),
        RecordRule(
            "same_id_other_body",
            Severity.SET_ASIDE,
            "an item of this source and event_id was stored with other contents; that one stands",
            "repeat an item unchanged, and give a new happening an event_id of its own",
        ),
        RecordRule(
            "unknown_column",
            Severity.SET_ASIDE,
            "the item names a column that its table does not have",
            "leave the column out, or list it in [records] attributes",
        ),
        RecordRule(
            "unreadable_item",
            Severity.SET_ASIDE,
            "the item has not the fields of its kind",
            "correct the field; /openapi.json describes each kind of item",
        ),
        RecordRule(
            "unknown_alias",
            Severity.SET_ASIDE,
            "no customer is known under this alias",
            "send customer_id, or an identity item that says whose alias it is",
        ),
        RecordRule(
            "known_at_not_permitted",
            Severity.SET_ASIDE,
            "the item says when it became known, which only an import may",
            "leave known_at out, or use a key of the role admin",
        ),
        RecordRule(
            "read_as_no",
            Severity.WARN,
            "it cannot be read whether the customer agreed, so the row was kept as a no",
            "write true or false at the source; who did agree is opened again by a yes with a later changed_at",
        ),
        RecordRule(
            "read_as_forbidding",
            Severity.WARN,
            "a row that forbids contacts holds a value that cannot be read, so it was kept in its most forbidding reading",
            "write times as ISO 8601 and fill what is required at the source; a corrected row is brought with a later known_at",
        ),
        RecordRule(
            "refusal_rescued",
            Severity.WARN,
            "the contact was set aside; what it says against further ones was kept as a consent that says no",
            "repair the row at the source; the refusal stands until a yes with a later changed_at",
        ),
        RecordRule(
            "unknown_channel",
            Severity.WARN,
            "the channel is none of the settings'",
            "write the channel's name as otokui.toml has it, or add the channel there",
        ),
        RecordRule(
            "unknown_customer",
            Severity.WARN,
            N_("the customer is not in the customers table"),
            N_("bring the customers table too; the row was kept"),
        ),
        RecordRule(
            "unknown_product",
            Severity.WARN,
            N_("the product is not in the products table"),
            N_("bring the products table too; the row was kept"),
        ),
        RecordRule(
            "personal_data_removed",
            Severity.WARN,
            N_("cells held e-mail addresses, phone numbers, addresses or names and were emptied"),
            N_("leave such values out of the export; the rows were kept"),
        ),
        RecordRule(
            "empty_table", Severity.WARN, N_("the file holds no row"), N_("nothing was changed; check the export if this surprises")
        ),
    )
}
