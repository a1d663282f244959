"""Mapping of a file's columns to the contract's names.

An opt-out column that is spelled otherwise, or mapped to a name that the file lacks, must not be passed over in silence: its rows say no.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.records.findings import Finding
from adapters.records.validation.forbidding_rows import with_refusals
from otokui.data_contract.rules import RULES
from otokui.data_contract.tables import OPT_OUT_TIMES, TABLES
from otokui.errors import BadRecords

OPT_OUT_COLUMNS: Final = frozenset({"opted_in", *OPT_OUT_TIMES, "until"})


def contract_names(table: str, columns: Sequence[str], mapping: Mapping[str, str], file: str) -> dict[str, str]:
    """Return the contract's name of each column: as mapped, by letters, else its own.

    By letters: the same letters as the contract's name.

    mapping: the shop's name to the contract's, of this table.

    Raises:
        BadRecords: a mapped opt-out column is in the file under neither name.
    """
    names = {name: mapping.get(name, name) for name in columns}
    missing = {column.name for column in TABLES[table].columns} - set(names.values())
    for name in columns:
        alike = _contract_spelling(name)
        if names[name] == name and alike in missing:
            names[name] = alike
            missing.discard(alike)
    for column in sorted(OPT_OUT_COLUMNS & set(mapping.values()) & missing):
        shop_name = next(name for name, mapped in mapping.items() if mapped == column)
        detail = f"[records.columns.{table}] maps it to {shop_name!r}, which the file lacks"
        finding = Finding(table, file, "missing_column", column, detail=detail)
        raise with_refusals(BadRecords(finding.says, fix=RULES["missing_column"].fix), table)
    return names


def _contract_spelling(name: str) -> str:
    """Return a column's name in one width and lower case, with underscores for blanks and signs."""
    return re.sub(r"[^0-9a-z]+", "_", unicodedata.normalize("NFKC", name).casefold()).strip("_")
