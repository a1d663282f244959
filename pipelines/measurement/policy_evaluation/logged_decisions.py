"""Logged decisions with outcomes, beside the actions of two policies for the same customers.

Everything is replayed with what was known then: the summaries as logged, the ledger as of then, the models and the
evidence that had used nothing later. A policy that had learnt from the outcomes would be valued on its own homework.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from adapters.decision_archive.logged_choices import LoggedChoices
from decisions.engine.engine import DecisionEngine
from decisions.policy.policy import Policy
from otokui.domain import DAY, Instant, Status
from otokui.errors import NotEnoughData
from otokui.frames import Batch, Bools, ContactState, Floats, Ints, Predictions
from otokui.identity.hashing import unit_interval

SILENCE: Final = 0
"""The action of not contacting anybody; candidates are numbered from 1 as they are met."""

_HELD: Final = (str(Status.CONTROL),)
_FEATURES: Final = ("purchase_count", "recency_days", "mean_order_value", "mean_gap_days")


@dataclass(frozen=True, slots=True)
class ComparedPolicy:
    """Compared policy with the evidence of the time and the ledger in its periods."""

    engine: Callable[[LoggedChoices], DecisionEngine | None]  # None: no model had been trained by then
    contacts: Callable[[Sequence[str], Instant, Floats], ContactState]  # customers, as_of, last purchases


@dataclass(frozen=True, slots=True)
class ReplayedPolicies:
    """Action probabilities of both policies on ``n`` logged decisions, silence first.

    ``A`` actions.

    actions: what was done; held: control group; open: something was acceptable; chance: logged, of the candidate considered.
    passed_over: decisions left out, by reason.
    """

    customer_ids: list[str]
    as_of: Ints
    actions: Ints
    chance: Floats
    held: Bools
    open: Bools
    new: Floats  # (n, A)
    present: Floats  # (n, A)
    features: Floats
    names: list[tuple[str, str]]  # message and channel of each action from 1 on
    passed_over: dict[str, int]

    def propensities(self) -> Floats:
        """Return the propensity of each logged action, (n,).

        A control group is a chance of silence, as large as it turned out to be.

        The share is counted over customers, who belong to a group for good. Where nothing was acceptable, silence was certain.
        """
        ids = np.array(self.customer_ids, dtype=object)
        acceptable, held = len(set(ids[self.open])), len(set(ids[self.open & self.held]))
        share = held / acceptable if acceptable else 0.0
        return np.where(~self.open, 1.0, np.where(self.held, share, self.chance * (1.0 - share)))


@dataclass(slots=True)
class _Gathered:
    ids: list[str] = field(default_factory=list)
    parts: list[tuple[Ints, Ints, Floats, Bools, Bools, Floats]] = field(default_factory=list)
    chances: list[tuple[dict[int, Floats], dict[int, Floats]]] = field(default_factory=list)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)

    def number(self, message: str, channel: str) -> int:
        return self.numbers.setdefault((message, channel), len(self.numbers) + 1)

    def pass_over(self, why: str, count: int) -> None:
        if count:
            self.passed_over[why] = self.passed_over.get(why, 0) + count


def replay(
    log: Iterable[LoggedChoices], new: ComparedPolicy, present: ComparedPolicy, *, until: Instant, reward_days: float, share: float = 1.0
) -> ReplayedPolicies:
    """Replay both policies on every logged decision that can be valued.

    Args:
        log: logged decisions, oldest first.
        new: the policy proposed; present: the one that is live.
        until: what was known: a decision's reward days must be over by then.
        reward_days: of one customer only decisions so many days apart count, or one purchase would be counted twice.
        share: of customers evaluated, by a stable hash.

    Raises:
        NotEnoughData: there is no decision that can be valued.
    """
    gathered = _Gathered()
    seen: dict[str, int] = {}
    for choices in log:
        valued = _valued(choices, seen, gathered, until, reward_days, share)
        if len(valued):
            _replay(valued, new, present, gathered)
    if not gathered.ids:
        passed_over = ", ".join(f"{count:,} {why}" for why, count in gathered.passed_over.items()) or "none is logged"
        raise NotEnoughData(
            f"no logged decision can be valued ({passed_over})",
            fix="run `otokui decide`, or ask the service, and wait until the reward days ([policy_gate] reward_days) are over and ingested",
        )
    columns = [np.concatenate(each) for each in zip(*gathered.parts, strict=True)]
    as_of, actions, chance, held, open_, features = columns
    spread = [
        _spread([pair[side] for pair in gathered.chances], [len(part[0]) for part in gathered.parts], len(gathered.numbers) + 1)
        for side in (0, 1)
    ]
    return ReplayedPolicies(
        gathered.ids, as_of, actions, chance, held, open_, spread[0], spread[1], features, list(gathered.numbers), gathered.passed_over
    )  # fmt: skip


def _valued(
    choices: LoggedChoices, seen: dict[str, int], gathered: _Gathered, until: Instant, reward_days: float, share: float
) -> LoggedChoices:
    """Leave out what cannot be valued, and of one customer what lies too near; by time alone, never by what was decided."""
    window, at = round(reward_days * DAY), int(choices.as_of)
    ids = choices.summaries.customer_ids
    if at + window > int(until):
        gathered.pass_over("whose reward days are not over", len(choices))
        return choices.rows(np.zeros(len(choices), dtype=bool))
    apart = np.zeros(len(choices), dtype=bool)
    for row, customer_id in enumerate(ids):
        if share < 1.0 and unit_interval(customer_id, "policy_gate") >= share:
            continue
        if customer_id not in seen or at - seen[customer_id] >= window:
            apart[row], seen[customer_id] = True, at
    gathered.pass_over("too near to another of the same customer, or of customers not drawn", int((~apart).sum()))
    fit = (choices.status != Status.ERROR) & ~choices.withdrawn
    gathered.pass_over("that failed, or lost their place under the caps", int((apart & ~fit).sum()))
    return choices.rows(apart & fit)


def _replay(choices: LoggedChoices, new: ComparedPolicy, present: ComparedPolicy, gathered: _Gathered) -> None:
    """Add one instant's decisions."""
    made = []
    features = None
    for side in (new, present):
        engine = side.engine(choices)
        if engine is None:
            gathered.pass_over("before any model had been trained", len(choices))
            return
        ids = list(choices.summaries.customer_ids)
        contacts = side.contacts(ids, choices.as_of, choices.summaries.column("last_purchase_at"))
        batch = engine.prepare(choices.summaries, contacts, choices.as_of, choices.summarised_at)
        made.append(_numbered(engine.probabilities(batch), engine.policy, gathered))
        features = _features(batch.vectors, batch.predictions)
    assert features is not None
    contact, held = choices.status == Status.CONTACT, np.isin(choices.status.astype(str), _HELD)
    actions = np.zeros(len(choices), dtype=np.int64)
    for row in np.flatnonzero(contact):
        actions[row] = gathered.number(choices.message_ids[row], choices.channels[row])
    gathered.ids += list(choices.summaries.customer_ids)
    at = np.full(len(choices), int(choices.as_of), dtype=np.int64)
    gathered.parts.append((at, actions, choices.propensities, held, contact | held, features))
    gathered.chances.append((made[0], made[1]))


def _numbered(probabilities: Floats, policy: Policy, gathered: _Gathered) -> dict[int, Floats]:
    """Return the chances by action number, those that are zero throughout left out."""
    out = {SILENCE: probabilities[:, -1]}
    for column in np.flatnonzero(probabilities[:, :-1].any(axis=0)):
        message = policy.messages.ids[int(policy.candidates.message[column])]
        channel = policy.channels.names[int(policy.candidates.channel[column])]
        out[gathered.number(message, channel)] = probabilities[:, column]
    return out


def _spread(parts: list[dict[int, Floats]], sizes: list[int], actions: int) -> Floats:
    out = np.zeros((sum(sizes), actions))
    begin = 0
    for part, size in zip(parts, sizes, strict=True):
        for number, column in part.items():
            out[begin : begin + size, number] = column
        begin += size
    return out


def _features(vectors: Batch, predictions: Predictions) -> Floats:
    """Return what a reward model may know, (n, F): what was expected of the customer, and a few facts."""
    facts = [vectors.column(name) if name in vectors.names else np.full(len(vectors), np.nan) for name in _FEATURES]
    expected = [predictions.p_purchase, predictions.expected_spend, predictions.expected_purchases]
    single = [predictions.churn_probability, predictions.future_loyal_probability, predictions.state.astype(np.float64)]
    return np.column_stack([*expected, *single, *facts])
