"""Staging of one table of a batch: from its sources to validated rows on disk.

Staged rows are no records yet. Rows are read in chunks, so that memory does not grow with the file. Quarantined rows are counted by rule
and column. A file that loses too many rows, mixes offsets or holds personal data stops the whole batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from adapters.personal.header import holds_values, shown_name
from adapters.personal.masking import hidden
from adapters.records.findings import EXAMPLES, Finding, shown
from adapters.records.input.base import LINE, SourceFile, UnreadableFile, refused
from adapters.records.store.layout import ATTRIBUTES, LOCAL, OUTCOME_LOCAL
from adapters.records.validation.check import ValidatedChunk, as_text, check
from adapters.records.validation.column_mapping import contract_names
from adapters.records.validation.erased_customers import ErasedFilter
from adapters.records.validation.forbidding_rows import BROKEN_COLUMN, LOST, RULE, with_refusals
from adapters.records.validation.personal_data import PersonalDataFilter
from adapters.records.validation.personal_data_removal import HoldsPersonalData, OnRecord, PersonalDataRemover, RemovedCells
from adapters.records.validation.timestamps import local_seconds
from otokui.data_contract.rules import RULES
from otokui.data_contract.tables import KNOWN_AT, TABLES
from otokui.domain import Instant
from otokui.errors import BadRecords, PersonalData
from otokui.settings.records import RecordSettings

FILE = "__file"
"""The number of the source file within the batch."""

MOST_UNREAD, _FEW_ROWS = 0.5, 20
"""A file of twenty rows or more of which more than this share cannot be read is mapped wrongly, and is refused whole: taken
as refusals, its rows would close the channel to everybody, and only a consent of a later time could open it again."""

RESCUED = "refusal_rescued"
_LOCALS = {**LOCAL, "transactions": LOCAL["orders"]}


@dataclass(slots=True)
class StagedFile:
    """One source file in staging. ``counts``: the quarantined rows by (rule, column)."""

    number: int
    table: str
    source: SourceFile
    rows: int = 0
    counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    lines: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    examples: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    offsets: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    bad: list[pl.DataFrame] = field(default_factory=list)
    doubtful: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    removed: list[RemovedCells] = field(default_factory=list)
    erased: int = 0

    @property
    def set_aside(self) -> int:
        """The number of quarantined rows."""
        return sum(self.counts.values())

    def put_aside(self, bad: pl.DataFrame) -> None:
        """Quarantine rows (as text, with LINE, RULE, BROKEN_COLUMN) and record their findings."""
        self._note(bad, self.counts)
        self.bad.append(bad.with_columns(hidden(bad[c]) for c in bad.columns if c not in (LINE, RULE, BROKEN_COLUMN)))

    def note_doubt(self, doubtful: pl.DataFrame) -> None:
        """Record the findings of forbidding rows that were kept despite unreadable values."""
        self._note(doubtful, self.doubtful)

    def _note(self, noted: pl.DataFrame, counts: dict[tuple[str, str], int]) -> None:
        for (rule, column), rows in noted.group_by(RULE, BROKEN_COLUMN, maintain_order=True):
            case = (str(rule), str(column))
            counts[case] += len(rows)
            free = EXAMPLES - len(self.lines[case])
            self.lines[case] += rows[LINE].head(free).to_list()
            if case[1] in rows.columns:  # the key has several columns, so there is none to name
                self.examples[case] += shown(rows[case[1]].head(free).to_list())

    def findings(self) -> list[Finding]:
        """Return the findings: quarantined rows, forbidding readings, and removed personal data."""
        quarantined = [
            Finding(self.table, self.source.name, rule, column, count, self.rows, tuple(self.lines[rule, column]),
                    tuple(self.examples[rule, column]), unit=self.source.unit)
            for (rule, column), count in (*self.counts.items(), *self.doubtful.items())
        ]  # fmt: skip
        if self.erased:
            quarantined.append(Finding(self.table, self.source.name, "erased", "", self.erased, self.rows))
        return quarantined + [self._removal(column) for column in dict.fromkeys(r.column for r in self.removed)]

    def _removal(self, column: str) -> Finding:
        removals = [r for r in self.removed if r.column == column]
        lines = tuple(line for r in removals for line in r.lines)[:EXAMPLES]
        count = sum(r.count for r in removals)
        return Finding(self.table, self.source.name, "personal_data_removed", column, count, self.rows, lines, unit=self.source.unit)


class TableStaging:
    """Staging of the sources of one table; valid rows go to Parquet files."""

    def __init__(
        self,
        table: str,
        settings: RecordSettings,
        timezone: str,
        now: Instant,
        folder: Path,
        on_record: OnRecord = lambda _: (),
        erased: ErasedFilter | None = None,
    ) -> None:
        self._erased = erased
        self.table, self._settings, self._timezone, self._now = table, settings, timezone, now
        self.folder = folder
        self.files: list[StagedFile] = []
        self._names = {shop_name.strip(): contract_name for contract_name, shop_name in settings.columns.get(table, {}).items()}
        self._door = PersonalDataFilter(table, settings.hash_columns, settings.hash_key_env)
        attributes = settings.attributes if table == "customers" else ()
        trusted = {name.removeprefix(f"{table}.") for name in settings.trusted_columns if name.startswith(f"{table}.")}
        self._stripper = PersonalDataRemover(
            table, attributes, trusted | {self._names.get(name, name) for name in settings.hash_columns}, on_record
        )

    @property
    def parts(self) -> list[str]:
        """The Parquet files written so far."""
        return sorted(str(path) for path in self.folder.glob("*.parquet"))

    @property
    def rescued(self) -> list[str]:
        """The Parquet files of opt-outs from quarantined contacts."""
        return sorted(str(path) for path in self.folder.glob("rescued/*.parquet"))

    def take(self, source: SourceFile, number: int) -> StagedFile:
        """Read and validate one source file, and write its valid rows.

        Raises:
            BadRecords: the file as a whole was refused.
        """
        file = StagedFile(number, self.table, source)
        (self.folder / "rescued").mkdir(parents=True, exist_ok=True)
        try:
            self._lay_down(file)
        except BadRecords as error:
            raise with_refusals(error, self.table) from None
        self.files.append(file)
        return file

    def _lay_down(self, file: StagedFile) -> None:
        for at, checked in enumerate(self._checked(file)):
            part = f"{file.number:05d}-{at:06d}.parquet"
            self._conformed(checked.good, file.number).write_parquet(self.folder / part, compression="lz4")
            if len(checked.rescued):
                numbered = checked.rescued.with_columns(pl.lit(file.number, dtype=pl.Int32).alias(FILE))
                numbered.write_parquet(self.folder / "rescued" / part, compression="lz4")
        for column, (aware, naive) in file.offsets.items():
            if aware and naive:
                self._refuse(Finding(self.table, file.source.name, "mixed_time_zones", column))

    def original(self, file: StagedFile, lines: Iterable[int]) -> pl.DataFrame:
        """Return the rows of a source file on these lines, as text."""
        line_numbers = pl.Series(LINE, list(lines), dtype=pl.Int64)
        chunks = [
            as_text(self.table, c.filter(pl.col(LINE).is_in(line_numbers.implode())), self._settings.attributes)
            for c, _ in self._chunks(file)
        ]
        return pl.concat(chunks)

    def refuse_if_too_bad(self, file: StagedFile) -> None:
        """Stop the batch where a file lost more rows than the settings permit.

        Suppressions only forbid, so what is left of them is better than nothing: a file of them is refused only if nothing is.

        Raises:
            BadRecords: names every rule with lines and examples.
        """
        lost = sum(count for (rule, _), count in file.counts.items() if rule == LOST)
        if self.table == "suppressions" and (lost < file.rows or not file.rows):
            return
        unread = sum(count for (rule, _), count in file.doubtful.items() if rule != RESCUED)
        share = f"{file.set_aside:,} of {file.rows:,} rows are bad, {self._settings.max_bad_share:.0%} permitted"
        # A refusal that names nobody must not keep the refusals of others out.
        bad = file.set_aside - (lost if self.table == "consents" else 0)
        if bad <= self._settings.max_bad_share * file.rows:
            if file.rows < _FEW_ROWS or unread <= MOST_UNREAD * file.rows:
                return
            share = f"{unread:,} of {file.rows:,} rows cannot be read, which would close the channel to all of them"
        reasons = "; ".join(f"{finding.says} → {finding.fix}" for finding in file.findings())
        worst = Finding(self.table, file.source.name, "too_many_bad_rows", detail=share)
        raise with_refusals(BadRecords(f"{worst.says}: {reasons}", fix=RULES["too_many_bad_rows"].fix), self.table)

    def _checked(self, file: StagedFile) -> Iterator[ValidatedChunk]:
        for read, removed in self._chunks(file):
            file.removed += removed
            chunk = read if self._erased is None else self._erased.kept(read)
            file.rows, file.erased = file.rows + len(read), file.erased + len(read) - len(chunk)
            done = check(self.table, chunk, timezone=self._timezone, now=self._now, attributes=self._settings.attributes)
            for column, (aware, naive) in done.offsets.items():
                before = file.offsets.get(column, (False, False))
                file.offsets[column] = (aware or before[0], naive or before[1])
            if len(done.bad):
                file.put_aside(done.bad)
            if len(done.doubtful):
                file.note_doubt(done.doubtful)
            yield done

    def _chunks(self, file: StagedFile) -> Iterator[tuple[pl.DataFrame, list[RemovedCells]]]:
        """Yield chunks under the contract's column names, without personal data.

        Personal data is refused, hashed or removed; the removals come along.
        """
        source = file.source
        try:
            columns = source.columns()
            names = contract_names(self.table, columns, self._names, source.name)
            self._refuse_values(names, source.name)
            self._door.refuse_by_name(columns, source.name)
            # A mapped column replaces an exported one with the contract's name.
            replaced = [name for name in columns if names[name] == name and any(names[other] == name for other in columns if other != name)]
            self._require(set(names.values()), source.name)
            for chunk in source.chunks(self._settings.chunk_rows):
                passed = self._door.pass_through(chunk, columns)
                yield self._stripper.strip(
                    passed.drop(replaced).rename({n: contract_name for n, contract_name in names.items() if n not in replaced})
                )
        except HoldsPersonalData as held:
            finding = Finding(self.table, source.name, "personal_data", held.column, detail=held.detail)
            raise PersonalData(finding.says, fix=finding.fix) from None
        except UnreadableFile as problem:
            raise refused(self.table, problem) from None

    def _refuse_values(self, names: dict[str, str], file: str) -> None:
        """Refuse a file without a header: its first cells are values, which are not repeated."""
        contract_columns = {column.name for column in TABLES[self.table].columns}
        if not contract_columns & set(names.values()) and holds_values(names):
            self._refuse(Finding(self.table, file, "missing_header"))

    def _require(self, names: set[str], file: str) -> None:
        for name in TABLES[self.table].required:
            if name not in names:
                self._refuse(
                    Finding(self.table, file, "missing_column", name, detail=f"columns are {', '.join(map(shown_name, sorted(names)))}")
                )

    def _refuse(self, finding: Finding) -> None:
        raise BadRecords(finding.says, fix=finding.fix)

    def _conformed(self, good: pl.DataFrame, number: int) -> pl.DataFrame:
        added: list[pl.Expr] = [pl.lit(number, dtype=pl.Int32).alias(FILE)]
        local = [_LOCALS[self.table]] if self.table in _LOCALS else []
        added += [local_seconds(pl.col(at), self._timezone).alias(name) for at, name in (*local, *OUTCOME_LOCAL.get(self.table, ()))]
        if self.table == "customers":
            attributes = self._settings.attributes
            added += [
                (pl.col(attributes[i]) if i < len(attributes) else pl.lit(None, dtype=pl.String)).alias(name)
                for i, name in enumerate(ATTRIBUTES)
            ]
        keep = [c.name for c in (*TABLES[self.table].columns, KNOWN_AT)]
        return good.with_columns(added).select(*keep, *(e.meta.output_name() for e in added), LINE)
