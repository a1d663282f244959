"""Logged policy: actions, propensities and rewards; and target policies as chances.

They are the inputs of every estimator, checked here once. A logged chance of zero, or a target whose chances do not sum to one, would
otherwise lead to a confident number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.errors import BadInput
from otokui.frames import Bools, Floats, Ints

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class LoggedPolicy:
    """Logged decisions of a policy, ``n`` of them; no contact is an action as well.

    actions: (n,) which of ``A`` actions was taken; propensities: (n,) its chance, in (0, 1]; rewards: (n,) in any unit; clusters: (n,)
    the customer of each decision, if one customer has several, else None: decisions of one customer are not independent of each other.
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
        """Return the customer of each decision as a number in [0, G), (n,).

        Without ``clusters`` each decision is a group.
        """
        if self.clusters is None:
            return np.arange(len(self))
        groups: Ints = np.unique(self.clusters, return_inverse=True)[1].astype(np.int64)
        return groups


def chances(target: Floats | Ints, actions: int) -> Floats:
    """Return a target policy as chances, (n, A).

    target: chances, or one chosen action per row, (n,).

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
    values = target.astype(np.float64)
    with np.errstate(invalid="ignore"):
        _require(values.min(axis=1) >= 0.0, values.min(axis=1), "target", "chances of at least 0")
        sums: Floats = values.sum(axis=1)
        _require((sums >= 1.0 - _ROUNDING) & (sums <= 1.0 + _ROUNDING), sums, "target", "chances that sum to 1")
    return values


def of_logged(matrix: Floats, logged: LoggedPolicy) -> Floats:
    """Return the column of the logged action, (n,), of a matrix (n, A)."""
    if len(matrix) != len(logged) or int(logged.actions.max()) >= matrix.shape[1]:
        raise BadInput(
            f"{matrix.shape[0]} rows of {matrix.shape[1]} actions do not fit {len(logged)} decisions of actions to {logged.actions.max()}",
            fix="give one row per logged decision and one column per action, silence included",
        )
    taken: Floats = matrix[np.arange(len(logged)), logged.actions]
    return taken


def _require(holds: Bools, values: Floats | Ints, column: str, rule: str) -> None:
    bad = np.flatnonzero(~holds)
    if len(bad):
        raise BadInput(
            f"{column}: row {bad[0]} holds {values[bad[0]]} where the rule is {rule} ({len(bad)} of {len(holds)} rows)",
            fix="leave such rows out, or log the chance of every choice",
        )
