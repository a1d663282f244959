"""Replay of single decisions of the log, compared with the reply byte by byte.

Each was made at an instant of its own, often alone, and answered as JSON; the rows of a run over the whole base (``replay_rows``) have
one instant in common, and are columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import numpy as np

from decisions.decision_table import Decisions
from decisions.engine.replay_inputs import ReplayInputs
from decisions.explanation.decision_json import rows
from decisions.policy.visit import Visit, visits_of
from otokui.domain import Instant
from otokui.frames import Batch, ContactState, texts
from otokui.ports.reservations import ReservationResult

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class LoggedInputs:
    """One logged decision and all that it was made from.

    summaries, state: of this one customer; models: label -> digest; ruling: None = no place was asked for;
    decision: the row that was answered; visit: at a pull channel, else None.
    """

    decision_id: str
    customer_id: str
    as_of: Instant
    summarised_at: Instant
    policy: str
    models: Mapping[str, str]
    summaries: Batch
    state: ContactState
    ruling: ReservationResult | None
    decision: Mapping[str, Any]
    written: bytes
    visit: Visit | None = None

    @property
    def products(self) -> tuple[str, ...]:
        """Products of the message, an input. The product lists of a night are not stored."""
        plan = self.decision.get("message") or (self.decision.get("considered") or {}).get("message") or {}
        return tuple(plan.get("products") or ())


@dataclass(frozen=True, slots=True)
class Remade:
    """Replay of a logged decision.

    Its bytes now, and the paths of the fields that differ; none = the same bytes.
    """

    logged: LoggedInputs
    written: bytes
    differing: tuple[str, ...]

    @property
    def decision_id(self) -> str:
        """Which decision it is."""
        return self.logged.decision_id

    @property
    def same(self) -> bool:
        """Whether every byte is as it was."""
        return self.written == self.logged.written


def remade(logged: Sequence[LoggedInputs], again: Callable[[ReplayInputs], Decisions]) -> Iterator[Remade]:
    """Replay decisions and compare each with its reply.

    Decisions of one instant, policy and models are replayed together.

    again: decides once more (``decisions.engine.engine.made_again``).

    Raises:
        Missing, SkewError, BrokenModel: a policy or a model is gone, or this build makes another of it.
    """
    groups: dict[tuple[Any, ...], list[LoggedInputs]] = {}
    for each in logged:
        key = (each.policy, tuple(each.models.items()), each.as_of, each.summarised_at, each.summaries.names, each.visit is None)
        groups.setdefault(key, []).append(each)
    for same in groups.values():
        for begin in range(0, len(same), _AT_ONCE):
            part = same[begin : begin + _AT_ONCE]
            for each, row in zip(part, rows(again(_together(part))), strict=True):
                written = msgspec.json.encode(row)
                paths = () if written == each.written else tuple(differing(each.decision, msgspec.to_builtins(row)))
                yield Remade(each, written, paths)


def _together(part: Sequence[LoggedInputs]) -> ReplayInputs:
    first = part[0]
    values = np.concatenate([each.summaries.values for each in part])
    return ReplayInputs(
        as_of=first.as_of,
        summarised_at=first.summarised_at,
        policy=first.policy,
        models=first.models,
        summaries=Batch(texts([each.customer_id for each in part]), first.summaries.names, values),
        state=joined([each.state for each in part]),
        products=tuple(each.products for each in part),
        rulings={row: each.ruling for row, each in enumerate(part) if each.ruling is not None},
        visits=None if first.visit is None else visits_of([each.visit for each in part if each.visit is not None]),
    )


def differing(before: Any, after: Any, where: str = "") -> list[str]:
    """Return the paths of what differs between two rows."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = sorted({*before, *after})
        return [path for name in names for path in differing(before.get(name), after.get(name), f"{where}.{name}".lstrip("."))]
    # By their bytes: minus nothing is not nothing, and true is not one.
    return [] if msgspec.json.encode(before) == msgspec.json.encode(after) else [where]


def joined(states: Sequence[ContactState]) -> ContactState:
    """Return the contact states of several customers as one.

    A customer without refused reservations or refusals has zeros there, and without other contacts near, NaN.
    """
    added = {"shut": 0, "refused": 0, "spacing_from": np.nan, "spacing_until": np.nan}
    names = [name for name in ContactState.__slots__ if name not in added]
    whole = ContactState(**{name: np.concatenate([getattr(state, name) for state in states]) for name in names})
    for name, nothing in added.items():
        columns = [getattr(state, name) for state in states]
        if any(column is not None for column in columns):
            empty = [np.full(state.consented.shape, nothing, np.float64 if np.isnan(nothing) else np.int8) for state in states]
            filled = [none if column is None else column for none, column in zip(empty, columns, strict=True)]
            whole = replace(whole, **{name: np.concatenate(filled)})
    return whole
