"""Logged decisions of runs over the whole base and of jobs.

They are found by id and given in the form of the HTTP reply. A job keeps its decisions as JSON lines. A nightly run keeps columns and
inputs only, a fifth of the room: its decision is replayed from the inputs and given as it would have been answered, if every column is the
logged one, bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec
import numpy as np
import pyarrow as pa

from adapters.decision_archive.decision_index import RunRegistry, is_decision_id
from adapters.decision_archive.decision_lines import read_lines
from adapters.decision_archive.finished_run import FinishedRun
from adapters.decision_archive.logged_inputs import inputs_of_run
from adapters.decision_archive.run_folder import arrow_columns
from decisions.decision_table import Decisions
from decisions.engine.engine import made_again
from decisions.engine.replay_inputs import Past
from decisions.engine.replay_log import differing
from decisions.engine.replay_rows import GIVEN, compared_rows
from decisions.explanation.decision_json import rows as decision_rows
from otokui.errors import Missing, OtokuiError


@dataclass(frozen=True, slots=True)
class RunReplay:
    """Replay of a decision of a run.

    It holds the decision's bytes now, and the paths or columns that differ; none = the same.
    """

    written: bytes
    differing: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every byte is as it was."""
        return not self.differing


@dataclass(frozen=True)
class RunDecision:
    """One logged decision of a run; implements ``serving.live.archive_port.LoggedAnswer``."""

    run: FinishedRun
    row: pa.Table
    number: int
    past: Past

    @cached_property
    def answered(self) -> bytes:
        """The decision as JSON.

        A row of a nightly run that this build cannot make again bit for bit is given as its columns lie in the file.
        """
        if self._line is not None:
            return self._line
        try:
            again = self._again
        except OtokuiError:
            return self._columns
        return self._columns if self._different(again) else _written(again)

    def again(self) -> RunReplay:
        """Replay the decision from its inputs; raises as ``decisions.engine.engine.made_again`` does."""
        again, line = self._again, self._line
        written = _written(again)
        if line is None:
            return RunReplay(written, self._different(again))
        paths = () if line == written else tuple(differing(json.loads(line), json.loads(written)))
        return RunReplay(written, paths)

    @cached_property
    def _line(self) -> bytes | None:
        """The line of the row, None where the run wrote no lines."""
        number = self.number
        for part in self.run.manifest["parts"]:
            if number < int(part["rows"]):
                found = read_lines(self.run.path, part, number, number + 1)
                return None if found is None else found[0]
            number -= int(part["rows"])
        return None

    @cached_property
    def _again(self) -> Decisions:
        inputs = inputs_of_run(self.run.manifest, self.row, self.past.policy)
        if self._line is not None:  # in the order in which they were answered; a manifest sorts them
            inputs = replace(inputs, models=json.loads(self._line)["versions"]["models"])
        return made_again(inputs, self.past)

    def _different(self, again: Decisions) -> tuple[str, ...]:
        (compared,) = compared_rows(self.row, arrow_columns(again.columns()))
        return compared.differing

    @property
    def _columns(self) -> bytes:
        (columns,) = self.row.drop_columns(list(GIVEN)).to_pylist()
        return msgspec.json.encode(columns)


@dataclass(frozen=True, slots=True)
class RunArchive:
    """The decisions of a shop's runs; implements ``serving.live.archive_port.Archive``."""

    registry: RunRegistry
    past: Past

    def find(self, decision_id: str) -> RunDecision:
        """Return a logged decision.

        Raises:
            Missing: no run that is still there holds it. BadInput: the run's files were changed.
        """
        for found in self._rows(decision_id) if is_decision_id(decision_id) else ():
            return found
        raise Missing(
            "no decision of this id is logged",
            fix="check the id; decisions of dry runs are not logged, and those of a run are found while its folder is there",
        )

    def _rows(self, decision_id: str) -> Iterator[RunDecision]:
        for folder, number in self.registry.candidates(decision_id):
            try:
                run = FinishedRun.open(folder)
            except Missing:
                continue
            for row in run.rows(np.array([number])):
                if row["decision_id"][0].as_py() == decision_id:
                    yield RunDecision(run, row, number, self.past)


def _written(decisions: Decisions) -> bytes:
    return msgspec.json.encode(decision_rows(decisions)[0])
