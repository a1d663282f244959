"""Logged decisions made again, byte for byte or not: the proof that nothing but the logged inputs decided (mission R11).

Models and policies are taken by digest from where they are kept, so a replay does not care what is live now. What differs
is named field by field, for "not the same" alone helps nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from adapters.logged import Logged, Past, of_ledger, remade
from otokui.errors import Missing, OtokuiError
from pipelines.wiring import Shop

_AT_ONCE: Final = 2_000
_SHOWN: Final = 20


@dataclass(slots=True)
class Replayed:
    """What came of a replay: how many were made again, how many are the same, and what differs in the others."""

    decisions: int = 0
    same: int = 0
    differing: list[dict[str, Any]] = field(default_factory=list)
    impossible: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "decisions": self.decisions,
            "same": self.same,
            "differing": self.decisions - self.same - sum(self.impossible.values()),
            "impossible": self.impossible,
            "examples": self.differing[:_SHOWN],
        }

    def to_text(self) -> str:
        """Return it for a terminal."""
        lines = [f"{self.same:,} of {self.decisions:,} decisions are the same, byte for byte"]
        lines += [f"  {count:,} could not be made again: {why}" for why, count in self.impossible.items()]
        for example in self.differing[:_SHOWN]:
            lines.append(f"  {example['decision_id']}: {', '.join(example['fields'])} differ")
        return "\n".join(lines)


def replay(shop: Shop, *, decision_id: str | None = None, sample: int = 10_000, seed: int = 1) -> Replayed:
    """Make one decision, or a random sample of those in the ledger's log, again.

    Raises:
        Missing: nothing is logged, or not this one.
    """
    ids = [decision_id] if decision_id is not None else drawn(shop.ledger.decision_ids(), sample, seed)
    if not ids:
        raise Missing("no decision is logged yet", fix="ask the service for decisions; those of `otokui decide` lie in its own files")
    past, out = Past(shop.policies, shop.models), Replayed()
    if decision_id is not None:
        shop.ledger.decision(decision_id)  # says so if it is not there
    for begin in range(0, len(ids), _AT_ONCE):
        compare(list(of_ledger(shop.ledger.decisions(ids[begin : begin + _AT_ONCE]))), past, out)
    return out


def compare(logged: Sequence[Logged], past: Past, out: Replayed) -> None:
    """Make decisions again and count what is the same; those whose policy or models are gone are counted apart."""
    for part in _by_version(logged):
        out.decisions += len(part)
        try:
            again = list(remade(part, past))
        except OtokuiError as error:
            out.impossible[error.detail] = out.impossible.get(error.detail, 0) + len(part)
            continue
        for each in again:
            if each.same:
                out.same += 1
            else:
                out.differing.append({"decision_id": each.logged.decision_id, "fields": list(each.differing)})


def drawn(ids: Sequence[str], sample: int, seed: int) -> list[str]:
    """Return so many of the ids, drawn without replacement; all of them if there are no more."""
    if len(ids) <= sample:
        return list(ids)
    return [ids[i] for i in np.sort(np.random.default_rng(seed).choice(len(ids), sample, replace=False)).tolist()]


def _by_version(logged: Sequence[Logged]) -> Iterator[list[Logged]]:
    groups: dict[tuple[Any, ...], list[Logged]] = {}
    for each in logged:
        groups.setdefault((each.policy, tuple(each.models.items())), []).append(each)
    yield from groups.values()
