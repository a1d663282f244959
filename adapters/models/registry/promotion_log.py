"""Promotion log: moves of aliases with user, time and reason, as MLflow tags.

MLflow's own UI shows the tags of a registered model.

Aliases themselves keep no history, and tags of a version are overwritten by the next move; an audit asks
about the move before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from mlflow import MlflowClient

from otokui.domain import Instant

_PREFIX = "audit."


@dataclass(frozen=True, slots=True)
class Move:
    """One move of an alias; to_version None: it was taken away."""

    at: Instant
    who: str
    alias: str
    from_version: int | None
    to_version: int | None
    reason: str


def read_trail(tags: Mapping[str, str]) -> Sequence[Move]:
    """Return the moves among the tags of a registered model, oldest first."""
    return [Move(**json.loads(tags[name])) for name in sorted(tags) if name.startswith(_PREFIX)]


def write_move(client: MlflowClient, model: str, move: Move) -> None:
    """Add a move to the promotion log, and the newest to its version."""
    count = sum(1 for name in client.get_registered_model(model).tags if name.startswith(_PREFIX))
    client.set_registered_model_tag(model, f"{_PREFIX}{count:06d}", json.dumps(asdict(move), ensure_ascii=False))
    if move.to_version is None:
        return
    for field, value in (("who", move.who), ("at", str(move.at)), ("reason", move.reason)):
        client.set_model_version_tag(model, str(move.to_version), f"{move.alias}.{field}", value)
