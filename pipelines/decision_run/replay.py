"""Replay of logged decisions, compared byte for byte (mission R11).

It proves that nothing but the logged inputs decided.

Models and policies are taken by digest from where they are kept, so a replay does not care what is live now. What differs
is named field by field, for "not the same" alone helps nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa

from adapters.decision_archive.finished_run import FinishedRun
from adapters.decision_archive.logged_inputs import inputs_of_log, inputs_of_run
from adapters.decision_archive.run_folder import arrow_columns
from decisions.engine.engine import made_again
from decisions.engine.replay_inputs import Past
from decisions.engine.replay_log import LoggedInputs, remade
from decisions.engine.replay_rows import RemadeRow, compared_rows
from otokui.errors import Missing, OtokuiError
from otokui.frames import Ints
from otokui.ports.ledger import LoggedDecision
from pipelines.shop.shop import Shop

_AT_ONCE: Final = 2_000
_SHOWN: Final = 20


class DecisionReplay(Protocol):
    """Replay of one decision, of the service or of a run."""

    @property
    def decision_id(self) -> str:
        """Which decision it is."""
        ...

    @property
    def same(self) -> bool:
        """Whether every byte is as it was."""
        ...

    @property
    def differing(self) -> Sequence[str]:
        """The fields that differ."""
        ...


@dataclass(slots=True)
class ReplayReport:
    """Report of a replay: counts of replayed and of equal decisions, and differences.

    Differences are of the first that are not the same.
    """

    decisions: int = 0
    same: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)
    impossible: dict[str, int] = field(default_factory=dict)

    def count_impossible(self, why: OtokuiError, decisions: int) -> None:
        """Count decisions that cannot be replayed."""
        self.decisions += decisions
        self.impossible[why.detail] = self.impossible.get(why.detail, 0) + decisions

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "decisions": self.decisions,
            "same": self.same,
            "differing": self.decisions - self.same - sum(self.impossible.values()),
            "impossible": self.impossible,
            "examples": self.examples,
        }

    def to_text(self) -> str:
        """Return it for a terminal."""
        lines = [f"{self.same:,} of {self.decisions:,} decisions are the same, byte for byte"]
        lines += [f"  {count:,} could not be made again: {why}" for why, count in self.impossible.items()]
        for example in self.examples:
            lines.append(f"  {example['decision_id']}: {', '.join(example['fields'])} differ")
        return "\n".join(lines)


def replay(shop: Shop, *, decision_id: str | None = None, sample: int = 10_000, seed: int = 1) -> ReplayReport:
    """Make one decision, or a random sample of those in the ledger's log, again.

    Raises:
        Missing: nothing is logged, or not this one.
    """
    ids = shop.ledger.decision_ids() if decision_id is None else [decision_id]
    if not ids:
        raise Missing(
            "no decision is logged yet", fix="ask the service for decisions; for those of `otokui decide` name their folder: --decisions"
        )
    past, out = Past(shop.policies.read, shop.models.read), ReplayReport()
    if decision_id is not None:
        shop.ledger.decision(decision_id)  # says so if it is not there
    sampled_ids = [ids[number] for number in drawn(len(ids), sample, seed).tolist()]
    for begin in range(0, len(sampled_ids), _AT_ONCE):
        for part in _by_version(_readable(shop.ledger.decisions(sampled_ids[begin : begin + _AT_ONCE]), out)):
            compare(len(part), partial(remade, part, partial(made_again, past=past)), out)
    return out


def replay_run(shop: Shop, folder: Path, *, row: tuple[str, str] | None = None, sample: int = 10_000, seed: int = 1) -> ReplayReport:
    """Replay one row, or a random sample of rows, of a finished run.

    row: a column, ``customer_id`` or ``decision_id``, and its value in the one row asked for.

    Raises:
        Missing: no run has finished there, or it has not this row. BadInput: a part was changed after it was published.
    """
    run, past, out = FinishedRun.open(folder), Past(shop.policies.read, shop.models.read), ReplayReport()
    numbers = drawn(len(run), sample, seed) if row is None else np.array([run.find(*row)])
    for part in run.rows(numbers):
        compare(len(part), partial(_rows_again, run.manifest, part, past), out)
    return out


def compare(decisions: int, again: Callable[[], Iterable[DecisionReplay]], out: ReplayReport) -> None:
    """Replay decisions and count equal ones.

    Those whose policy or models are gone are counted apart.
    """
    try:
        made = list(again())
    except OtokuiError as error:
        out.count_impossible(error, decisions)
        return
    out.decisions += decisions
    out.same += sum(each.same for each in made)
    differing = [{"decision_id": each.decision_id, "fields": list(each.differing)} for each in made if not each.same]
    out.examples += differing[: _SHOWN - len(out.examples)]


def drawn(count: int, sample: int, seed: int) -> Ints:
    """Return a sorted random sample of the numbers from 0 to ``count``.

    Without replacement; all of them if there are no more.
    """
    if count <= sample:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, sample, replace=False))


def _rows_again(manifest: Mapping[str, Any], rows: pa.Table, past: Past) -> Iterator[RemadeRow]:
    """Make rows of a run again and compare them."""
    again = made_again(inputs_of_run(manifest, rows, past.policy), past)
    return compared_rows(rows, arrow_columns(again.columns()))


def _readable(rows: Iterable[LoggedDecision], out: ReplayReport) -> list[LoggedInputs]:
    """Return the rows that this build can read; those of a build with other summaries are counted apart."""
    inputs: list[LoggedInputs] = []
    for row in rows:
        try:
            inputs += inputs_of_log([row])
        except OtokuiError as error:
            out.count_impossible(error, 1)
    return inputs


def _by_version(logged: Sequence[LoggedInputs]) -> Iterable[list[LoggedInputs]]:
    groups: dict[tuple[Any, ...], list[LoggedInputs]] = {}
    for each in logged:
        groups.setdefault((each.policy, tuple(each.models.items())), []).append(each)
    return groups.values()
