"""Decisions of the past: what was answered, and what the same inputs come to now (mission R11).

A port of its own: looking up takes the log, making again takes models and policies that may long have left the service.
"""

from __future__ import annotations

from typing import Protocol


class ReplayResult(Protocol):
    """A decision made again."""

    @property
    def same(self) -> bool:
        """Whether every byte is as it was."""
        ...

    @property
    def written(self) -> bytes:
        """What it comes to now, as JSON."""
        ...

    @property
    def differing(self) -> tuple[str, ...]:
        """The paths of the fields that differ."""
        ...


class LoggedAnswer(Protocol):
    """A decision as the log keeps it: read once, whatever is then done with it."""

    @property
    def answered(self) -> bytes:
        """What was answered, JSON."""
        ...

    def again(self) -> ReplayResult:
        """Make it again from its logged inputs, with the models and the policy that made it.

        Raises:
            Missing: what made it is no longer kept.
            SkewError: this build makes something else of its policy or its inputs.
        """
        ...


class Archive(Protocol):
    """The log of decisions."""

    def find(self, decision_id: str) -> LoggedAnswer:
        """Return a decision of the past.

        Raises:
            Missing: there is none of this id.
        """
        ...
