"""Logged decisions with everything they were made from: what replay makes again, and what evaluates a new policy.

A decision made in the service lies in the ledger, one of a run over the whole base in the run's files; read here, both are
the same thing: inputs, policy and models by digest, what the ledger ruled on the place, and what was answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import numpy as np

from adapters.decision_inputs import state_from_json
from adapters.ledger import LoggedDecision
from adapters.model_folder import ModelFolder
from adapters.policy_files import PolicyFolder
from decisions import ruling as rulings
from decisions.decide import decide
from decisions.frame import Decisions
from decisions.policy import Policy
from decisions.policy_record import from_record
from decisions.rows import rows
from features.packing import unpack
from otokui.domain import Instant, Label
from otokui.frames import Batch, ContactState, texts
from otokui.ports import Ruling
from scoring import ModelSet, load_all
from scoring.foresee import foresee

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Logged:
    """One logged decision and all that it was made from.

    summaries, state: of this one customer; models: label -> digest; ruling: None = no place was asked for;
    decision: the row that was answered.
    """

    decision_id: str
    customer_id: str
    as_of: Instant
    summarised_at: Instant
    policy: str
    models: Mapping[str, str]
    summaries: Batch
    state: ContactState
    ruling: Ruling | None
    decision: Mapping[str, Any]
    written: bytes

    @property
    def products(self) -> tuple[str, ...]:
        """The products that were shown: an input, for the lists of the night are not kept."""
        plan = self.decision.get("message") or (self.decision.get("considered") or {}).get("message") or {}
        return tuple(plan.get("products") or ())


def of_ledger(rows: Iterable[LoggedDecision]) -> Iterator[Logged]:
    """Yield decisions of the service as they were logged.

    Raises:
        SkewError: one was made by a build with other summaries.
    """
    for row in rows:
        decision = json.loads(row.decision)
        named = decision["versions"]["models"]
        yield Logged(
            decision_id=row.decision_id,
            customer_id=row.customer_id,
            as_of=Instant(row.as_of),
            summarised_at=Instant(row.summarised_at),
            policy=row.policy,
            models=named if named == row.models else row.models,  # in the order in which they were answered
            summaries=unpack([row.customer_id], [row.inputs]),
            state=state_from_json(row.contact_state),
            ruling=None if row.ruling is None else rulings.from_json(row.ruling),
            decision=decision,
            written=row.decision.encode(),
        )


class Past:
    """Policies and models as they were, by digest; each is put together once."""

    def __init__(self, policies: PolicyFolder, models: ModelFolder) -> None:
        self._policies, self._models = policies, models
        self._made: dict[str, Policy] = {}
        self._loaded: dict[tuple[tuple[str, str], ...], ModelSet] = {}

    def policy(self, digest: str) -> Policy:
        """Return the policy of a digest.

        Raises:
            Missing: it is not kept. SkewError: this build makes another of it.
        """
        if digest not in self._made:
            self._made[digest] = from_record(digest, self._policies.read)
        return self._made[digest]

    def models(self, digests: Mapping[str, str]) -> ModelSet:
        """Return the models of these digests, whatever is live now.

        Raises:
            Missing: one is no longer in the folder. BrokenModel: one was changed there.
        """
        key = tuple(digests.items())
        if key not in self._loaded:
            self._loaded[key] = load_all({Label(label): self._models.read(Label(label), digest) for label, digest in key})
        return self._loaded[key]


def made_again(logged: Sequence[Logged], past: Past) -> Iterator[tuple[Logged, Decisions, int]]:
    """Decide again, from the logged inputs alone; yield each with the decisions it is among, and its row there.

    Those of one instant, policy and models are decided together: how many come together changes no byte.
    """
    groups: dict[tuple[Any, ...], list[Logged]] = {}
    for each in logged:
        key = (each.policy, tuple(each.models.items()), each.as_of, each.summarised_at, each.summaries.names)
        groups.setdefault(key, []).append(each)
    for same in groups.values():
        for begin in range(0, len(same), _AT_ONCE):
            part = same[begin : begin + _AT_ONCE]
            decided = _decided(part, past)
            yield from ((each, decided, index) for index, each in enumerate(part))


def _decided(part: Sequence[Logged], past: Past) -> Decisions:
    first, policy = part[0], past.policy(part[0].policy)
    summaries = Batch(texts([each.customer_id for each in part]), first.summaries.names, np.concatenate([e.summaries.values for e in part]))
    vectors, predictions = foresee(
        summaries,
        past.models(first.models),
        as_of=first.as_of,
        timezone=policy.timezone,
        horizons_days=policy.horizons_days,
        definitions=policy.definitions,
    )
    state = joined([each.state for each in part])
    decided = decide(predictions, vectors, summaries, state, policy, first.as_of, first.summarised_at)
    decided = replace(decided, products=tuple(each.products for each in part))
    ruled = [index for index, each in enumerate(part) if each.ruling is not None]
    said = [ruling for each in part if (ruling := each.ruling) is not None]
    return rulings.rule(decided, np.array(ruled, dtype=np.int64), said)


@dataclass(frozen=True, slots=True)
class Remade:
    """A logged decision made again: the bytes it comes to now, and the paths of the fields that differ; none = the same bytes."""

    logged: Logged
    written: bytes
    differing: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every byte is as it was."""
        return self.written == self.logged.written


def remade(logged: Sequence[Logged], past: Past) -> Iterator[Remade]:
    """Make decisions again and set each beside what was answered."""
    for each, decided, index in made_again(logged, past):
        (row,) = rows(decided, [index])
        written = msgspec.json.encode(row)
        paths = () if written == each.written else tuple(differing(each.decision, msgspec.to_builtins(row)))
        yield Remade(each, written, paths)


def differing(before: Any, after: Any, where: str = "") -> list[str]:
    """Return the paths of what differs between two rows."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = sorted({*before, *after})
        return [path for name in names for path in differing(before.get(name), after.get(name), f"{where}.{name}".lstrip("."))]
    return [] if before == after else [where]


def joined(states: Sequence[ContactState]) -> ContactState:
    """Return the states of several customers as one; who was turned away nowhere has every channel open."""
    names = [name for name in ContactState.__slots__ if name != "shut"]
    whole = ContactState(**{name: np.concatenate([getattr(state, name) for state in states]) for name in names})
    if all(state.shut is None for state in states):
        return whole
    return replace(whole, shut=np.concatenate([np.zeros_like(s.consented) if s.shut is None else s.shut for s in states]))
