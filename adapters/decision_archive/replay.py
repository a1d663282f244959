"""Decisions made again from what they were made from, and nothing else: with the policy and the models of their digests.

Where the inputs were kept, the ledger's log (``logged``) or the files of a run (``logged_run``), makes no difference here; and
what is live now makes none either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from adapters.model_store.champions import ModelFolder
from adapters.shop_files.policy_store import PolicyFolder
from decisions.compiler.policy_record import from_record
from decisions.decision_table import Decisions
from decisions.engine.engine import DecisionEngine
from decisions.engine.reservation import apply_results
from decisions.policy.policy import Policy
from otokui.domain import Instant, Label
from otokui.frames import Batch, ContactState
from otokui.ports import Ruling
from scoring import ModelSet, load_all


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


@dataclass(frozen=True, slots=True)
class ReplayInputs:
    """What ``n`` decisions of one instant, policy and models were made from.

    policy: its digest; models: label -> digest; summaries, state: of the same customers; products: (n,) those shown, an input, for
    the lists of the night are not kept; rulings: by row, what the ledger ruled on the place, where it gave another than was asked for.
    """

    as_of: Instant
    summarised_at: Instant
    policy: str
    models: Mapping[str, str]
    summaries: Batch
    state: ContactState
    products: tuple[tuple[str, ...], ...]
    rulings: Mapping[int, Ruling]


def made_again(inputs: ReplayInputs, past: Past) -> Decisions:
    """Decide again; how many come together changes no byte.

    Raises:
        Missing, SkewError, BrokenModel: the policy or a model is gone, or this build makes another of it.
    """
    engine = DecisionEngine(past.models(inputs.models), past.policy(inputs.policy))
    decided = engine.decide(engine.prepare(inputs.summaries, inputs.state, inputs.as_of, inputs.summarised_at))
    decided = replace(decided, products=inputs.products)
    return apply_results(decided, np.array(list(inputs.rulings), dtype=np.int64), list(inputs.rulings.values()))
