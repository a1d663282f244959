"""Settings of record input (``[records]``): columns, limits, hashing, personal data."""

from __future__ import annotations

from pydantic import Field, field_validator

from otokui.data_contract.tables import MOST_ATTRIBUTES, TABLES
from otokui.settings.section import Section, Share


class RecordSettings(Section):
    """Input of records: columns, limits and hashing."""

    max_bad_share: Share = Field(default=0.05, description="a file that loses more of its rows is refused whole")
    columns: dict[str, dict[str, str]] = Field(default={}, description="per table: contract column = the column in the shop's export")
    attributes: tuple[str, ...] = Field(
        default=(), max_length=MOST_ATTRIBUTES, description=f"further columns of customers to use as features, at most {MOST_ATTRIBUTES}"
    )
    hash_columns: tuple[str, ...] = Field(default=(), description="columns with personal data to hash with the shop's key, not refuse")
    trusted_columns: tuple[str, ...] = Field(
        default=(), description="TABLE.COLUMN that hold no personal data although they look so; they are not judged by content"
    )
    hash_key_env: str = Field(default="OTOKUI_HASH_KEY", description="environment variable that holds the shop's key")
    chunk_rows: int = Field(default=1_000_000, ge=1_000, description="rows checked at once")

    @field_validator("columns")
    @classmethod
    def _tables_exist(cls, columns: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for table, mapping in columns.items():
            if table not in TABLES:
                raise ValueError(f"{table!r} is no table; tables are {', '.join(TABLES)}")
            for name in mapping:
                if name != "known_at" and TABLES[table].column(name) is None:
                    raise ValueError(f"{table}.{name} is not in the contract")
        return columns
