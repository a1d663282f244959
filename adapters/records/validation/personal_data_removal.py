"""Removal of personal data from rows by content, before the validation.

An optional cell is emptied and its row stays. In a required column the kind replaces the value, and the validation quarantines the row.
Rows that forbid contacts stay: a reason is replaced, a channel emptied (all channels), and a customer id stays where the shop has
records under that id, because without it messages would go out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import polars as pl

from adapters.personal.column_detection import MOST, SAMPLE, bare_mobiles, personal_values, single_names
from adapters.personal.header import shown_name
from adapters.personal.kinds import MASKS, Kind, evidence_for
from adapters.records.findings import EXAMPLES
from adapters.records.input.base import LINE, MISSHAPEN
from adapters.records.validation.values import text_of
from otokui.data_contract.tables import KNOWN_AT, TABLES, ColumnKind

FORBIDDING = frozenset({"consents", "suppressions"})
"""Tables of opt-outs and suppressions."""

REMOVED = "personal data removed"
"""The replacement of a suppression's reason."""

KNOWN_PEOPLE_SHARE, KNOWN_PEOPLE_LEAST = 0.2, 10
"""A products column with so many names, by distinct values and by rows, holds authors or designers."""

_OWN = (LINE, MISSHAPEN, KNOWN_AT.name)

OnRecord = Callable[[Collection[str]], Collection[str]]


@dataclass(frozen=True, slots=True)
class RemovedCells:
    """Cells emptied or replaced in one column of one chunk; their rows stay."""

    column: str
    count: int
    lines: tuple[int, ...]


class HoldsPersonalData(Exception):
    """Error of a column with mostly personal data; ``detail`` counts, and quotes none."""

    def __init__(self, column: str, detail: str) -> None:
        super().__init__(f"{column}: {detail}")
        self.column, self.detail = column, detail


class PersonalDataRemover:
    """Removal of personal data from the chunks of one table.

    own: further columns (the shop's attributes). skipped: columns not checked (hashed, or trusted by the shop).
    on_record: of some customer ids, those under which the shop has records. alone: rows of many callers, each judged by itself; no
    column is refused as a whole.
    """

    def __init__(
        self, table: str, attributes: Collection[str], skipped: Collection[str], on_record: OnRecord, *, alone: bool = False
    ) -> None:
        self._table, self._own, self._skipped, self._on_record = table, frozenset(attributes), frozenset(skipped), on_record
        self._forbids, self._alone = table in FORBIDDING, alone

    def strip(self, chunk: pl.DataFrame) -> tuple[pl.DataFrame, list[RemovedCells]]:
        """Return the chunk without personal data, and the removals.

        Raises:
            HoldsPersonalData: a column as a whole holds such data.
        """
        removed: list[RemovedCells] = []
        for column in chunk.columns:
            texts = None if column in _OWN or column in self._skipped else _texts(chunk, column, self._table)
            if texts is None:
                continue
            if not self._is_kept(column):
                texts = _sample(texts)
            kinds = self._detected_kinds(column, texts)
            if not kinds:
                continue
            self._refuse_if_most(column, texts, kinds)
            if self._is_kept(column):
                chunk, lines = self._emptied(chunk, column, texts, kinds)
                if len(lines):
                    removed.append(RemovedCells(column, len(lines), tuple(lines.head(EXAMPLES).to_list())))
        return chunk, removed

    def _is_kept(self, column: str) -> bool:
        return TABLES[self._table].column(column) is not None or column in self._own

    def _detected_kinds(self, column: str, texts: pl.Series) -> dict[str, Kind]:
        evidence = evidence_for(self._table, column)
        if evidence is None:
            return bare_mobiles(texts)
        kinds = personal_values(texts, evidence, alone=self._alone)
        if evidence.free and not self._alone and TABLES[self._table].column(column) is None:
            kinds = single_names(texts) | kinds
        if kinds and evidence.known_people:
            distinct, names = texts.n_unique(), [v for v, kind in kinds.items() if kind is Kind.NAME]
            rows = int(texts.is_in(names).sum())
            if distinct >= KNOWN_PEOPLE_LEAST and len(names) >= KNOWN_PEOPLE_SHARE * distinct and rows >= KNOWN_PEOPLE_SHARE * len(texts):
                kinds = {v: kind for v, kind in kinds.items() if kind is not Kind.NAME}
        if kinds and self._forbids and column == "customer_id":
            stripped = {v: v.strip() for v in kinds}
            known = set(self._on_record(list(stripped.values())))
            kinds = {v: kind for v, kind in kinds.items() if stripped[v] not in known}
        return kinds

    def _refuse_if_most(self, column: str, texts: pl.Series, kind_by_value: Mapping[str, Kind]) -> None:
        if self._alone or (self._forbids and column != "customer_id" and self._is_kept(column)):
            return
        if self._table == "products" and set(kind_by_value.values()) == {Kind.NAME}:
            return
        filled = int((texts.str.strip_chars() != "").sum())
        rows = int(texts.is_in(list(kind_by_value)).sum())
        if rows >= MOST * filled:
            kinds = " or ".join(sorted({kind.plural for kind in kind_by_value.values()}))
            raise HoldsPersonalData(
                column, f"{rows:,} of {filled:,} values looked at are like {kinds}; if they are none, list "
                f"{self._table}.{shown_name(column)} in [records] trusted_columns",
            )  # fmt: skip

    def _emptied(self, chunk: pl.DataFrame, column: str, texts: pl.Series, kinds: Mapping[str, Kind]) -> tuple[pl.DataFrame, pl.Series]:
        """Return the chunk with these values replaced, and the lines of the rows that stay."""
        contract = TABLES[self._table].column(column)
        if self._forbids and column == "reason":
            instead: dict[str, str] = dict.fromkeys(kinds, REMOVED)
        elif contract is not None and contract.required and not (self._forbids and column == "channel"):
            instead = {v: kind.mask for v, kind in kinds.items()}
        else:
            instead = dict.fromkeys(kinds, "")
        at = texts.is_in(list(kinds))
        clean = chunk.with_columns(texts.replace(list(instead), list(instead.values())).alias(column))
        return clean, chunk[LINE].clear() if set(instead.values()) <= set(MASKS) else chunk[LINE].filter(at)


def _texts(chunk: pl.DataFrame, column: str, table: str) -> pl.Series | None:
    """Return a column as text; None where its type cannot name a person."""
    dtype = chunk.schema[column]
    contract = TABLES[table].column(column)
    if contract is not None and contract.kind in (ColumnKind.TIME, ColumnKind.BOOLEAN):
        return None
    if dtype == pl.String:
        return chunk[column]
    codes = contract is None or contract.kind in (ColumnKind.ID, ColumnKind.TEXT)
    if dtype.is_temporal() or dtype.is_nested() or dtype.is_float() or dtype == pl.Boolean or (dtype.is_numeric() and not codes):
        return None
    return chunk.select(text_of(pl.col(column), dtype).alias(column))[column]


def _sample(texts: pl.Series) -> pl.Series:
    filled = texts.filter(texts.str.strip_chars() != "")
    return filled.gather_every(max(1, len(filled) // SAMPLE))
