"""What a logging policy did and what came of it, and what another policy would have done: the inputs of every estimator.

Checked here once. A chance of zero among the logged ones, or a target whose chances do not add up, would
otherwise come out as a confident number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.errors import BadInput
from otokui.frames import Bools, Floats, Ints

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class LoggedPolicy:
    """``n`` decisions that were carried out; not to contact is an action as well.

    actions: (n,) which of ``A`` actions was taken; propensities: (n,) the chance it had, in (0, 1]; rewards: (n,) what
    came of it, in any unit; clusters: (n,) whose decision it was, where one customer has several, else None: decisions
    of one customer are not independent of each other.
    """

    actions: Ints
    propensities: Floats
    rewards: Floats
    clusters: Ints | None = None

    def __post_init__(self) -> None:
        rows = len(self.actions)
        if not rows or {len(self.propensities), len(self.rewards), rows if self.clusters is None else len(self.clusters)} != {rows}:
            raise BadInput("logged decisions are empty or their columns differ in length", fix="give one value per decision in each column")
        with np.errstate(invalid="ignore"):
            _require(self.propensities > 0.0, self.propensities, "propensities", "a chance above 0")
            _require(self.propensities <= 1.0 + _ROUNDING, self.propensities, "propensities", "a chance of at most 1")
        _require(np.isfinite(self.rewards), self.rewards, "rewards", "a finite number")
        _require(self.actions >= 0, self.actions, "actions", "an index of at least 0")

    def __len__(self) -> int:
        return len(self.actions)

    def groups(self) -> Ints:
        """Return (n,): a number in [0, G) for whose decision each is; without ``clusters`` each stands for itself."""
        if self.clusters is None:
            return np.arange(len(self))
        groups: Ints = np.unique(self.clusters, return_inverse=True)[1].astype(np.int64)
        return groups


def chances(target: Floats | Ints, actions: int) -> Floats:
    """Return a target policy as chances, (n, A): from chances as they are, or from one chosen action per row, (n,).

    Raises:
        BadInput: a row's chances are not in [0, 1] or do not sum to one; a chosen action is none of the ``A``.
    """
    if target.ndim == 1:
        chosen = target.astype(np.int64)
        _require((chosen >= 0) & (chosen < actions), chosen, "target", f"one of {actions} actions")
        out = np.zeros((len(chosen), actions))
        out[np.arange(len(chosen)), chosen] = 1.0
        return out
    if target.shape[1] != actions:
        raise BadInput(f"the target has chances for {target.shape[1]} actions, there are {actions}", fix="give one column per action")
    given = target.astype(np.float64)
    with np.errstate(invalid="ignore"):
        _require(given.min(axis=1) >= 0.0, given.min(axis=1), "target", "chances of at least 0")
        sums: Floats = given.sum(axis=1)
        _require((sums >= 1.0 - _ROUNDING) & (sums <= 1.0 + _ROUNDING), sums, "target", "chances that sum to 1")
    return given


def of_logged(matrix: Floats, logged: LoggedPolicy) -> Floats:
    """Return the column of the action taken, (n,), of a matrix (n, A)."""
    if len(matrix) != len(logged) or int(logged.actions.max()) >= matrix.shape[1]:
        raise BadInput(
            f"{matrix.shape[0]} rows of {matrix.shape[1]} actions do not fit {len(logged)} decisions of actions to {logged.actions.max()}",
            fix="give one row per logged decision and one column per action, silence included",
        )
    taken: Floats = matrix[np.arange(len(logged)), logged.actions]
    return taken


def _require(holds: Bools, found: Floats | Ints, column: str, rule: str) -> None:
    bad = np.flatnonzero(~holds)
    if len(bad):
        raise BadInput(
            f"{column}: row {bad[0]} holds {found[bad[0]]} where the rule is {rule} ({len(bad)} of {len(holds)} rows)",
            fix="leave such rows out, or log the chance of every choice",
        )
