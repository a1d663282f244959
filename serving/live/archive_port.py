"""Port of the decision archive: logged decisions and their replay (mission R11).

Reading takes the log. Replay also takes models and policies that may no longer be live.
"""

from __future__ import annotations

from typing import Protocol


class ReplayResult(Protocol):
    """Result of a replay."""

    @property
    def same(self) -> bool:
        """Whether every byte is equal."""
        ...

    @property
    def written(self) -> bytes:
        """The replayed decision as JSON."""
        ...

    @property
    def differing(self) -> tuple[str, ...]:
        """Paths of the fields that differ."""
        ...


class LoggedAnswer(Protocol):
    """One logged decision, read once."""

    @property
    def answered(self) -> bytes:
        """The decision as it was answered, JSON."""
        ...

    def again(self) -> ReplayResult:
        """Replay the decision from its logged inputs, with the models and the policy of then.

        Raises:
            Missing: the models or the policy of then are no longer stored.
            SkewError: this build compiles another policy or derives other features.
        """
        ...


class Archive(Protocol):
    """Archive of logged decisions."""

    def find(self, decision_id: str) -> LoggedAnswer:
        """Return a logged decision.

        Raises:
            Missing: no decision has this id.
        """
        ...
