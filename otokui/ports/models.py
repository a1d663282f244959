"""Model as data, and the port of the tracker of training runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Model as data: the manifest (JSON) and the LightGBM text with its digest."""

    manifest: str
    text: str


class Tracker(Protocol):
    """Tracker of training runs, for a data scientist to compare."""

    def params(self, values: Mapping[str, object]) -> None:
        """Record the run's parameters."""
        ...

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Record metrics by name; ``step`` is the cut-off's index or the boosting round."""
        ...

    def artifact(self, name: str, content: bytes) -> None:
        """Store a file (plot, manifest, table) under the run."""
        ...

    def dataset(self, name: str, digest: str, *, context: str = "training", profile: Mapping[str, object] | None = None) -> None:
        """Record the digest and the profile of the run's data, never the data."""
        ...
