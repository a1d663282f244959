"""Archive of decisions: the ledger's decision log, and the files of runs and jobs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from adapters.decision_archive.logged_inputs import inputs_of_log
from adapters.decision_archive.run_archive import RunArchive
from decisions.engine.engine import made_again
from decisions.engine.replay_inputs import Past
from decisions.engine.replay_log import Remade, remade
from otokui.errors import Missing
from otokui.ports.ledger import Ledger, LoggedDecision
from serving.live.archive_port import LoggedAnswer


@dataclass(frozen=True, slots=True)
class LogRow:
    """A logged decision as ``serving.live.archive_port.LoggedAnswer``."""

    row: LoggedDecision
    past: Past

    @property
    def answered(self) -> bytes:
        """The decision as it was answered."""
        return self.row.decision.encode()

    def again(self) -> Remade:
        """Replay the decision from its logged inputs."""
        (decision,) = remade(list(inputs_of_log([self.row])), partial(made_again, past=self.past))
        return decision


@dataclass(frozen=True, slots=True)
class DecisionArchive:
    """The ledger's decision log, and the files of runs and jobs, as ``serving.live.archive_port.Archive``."""

    ledger: Ledger
    past: Past
    runs: RunArchive

    def find(self, decision_id: str) -> LoggedAnswer:
        """Return a logged decision."""
        try:
            return LogRow(self.ledger.decision(decision_id), self.past)
        except Missing:
            return self.runs.find(decision_id)
