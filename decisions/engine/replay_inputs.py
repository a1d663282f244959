"""Inputs of replay: summaries, contact state, and the policy and models of their digests.

Where the inputs were kept, the ledger's log (``replay_log``) or the files of a run (``replay_rows``), makes no difference; the live
policy and models are not used. The caller passes functions that read policies and models by digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from decisions.compiler.policy_record import from_record
from decisions.policy.policy import Policy
from otokui.domain import Instant, Label
from otokui.frames import Batch, ContactState, Texts
from otokui.ports.models import ModelFiles
from otokui.ports.reservations import ReservationResult
from scoring import ModelSet, load_all


class Past:
    """Policies and models as they were, by digest; each is put together once.

    read_policy: returns the record kept under a digest; read_model: the files of a label's model of a digest. Each raises Missing where
    there is none.
    """

    def __init__(self, read_policy: Callable[[str], str], read_model: Callable[[Label, str], ModelFiles]) -> None:
        self._read_policy, self._read_model = read_policy, read_model
        self._made: dict[str, Policy] = {}
        self._loaded: dict[tuple[tuple[str, str], ...], ModelSet] = {}

    def policy(self, digest: str) -> Policy:
        """Return the policy of a digest.

        Raises:
            Missing: it is not kept. SkewError: this build makes another of it.
        """
        if digest not in self._made:
            self._made[digest] = from_record(digest, self._read_policy)
        return self._made[digest]

    def models(self, digests: Mapping[str, str]) -> ModelSet:
        """Return the models of these digests, whatever is live now.

        Raises:
            Missing: one is no longer in the folder. BrokenModel: one was changed there.
        """
        key = tuple(digests.items())
        if key not in self._loaded:
            self._loaded[key] = load_all({Label(label): self._read_model(Label(label), digest) for label, digest in key})
        return self._loaded[key]


@dataclass(frozen=True, slots=True)
class ReplayInputs:
    """What ``n`` decisions of one instant, policy and models were made from.

    policy: its digest; models: label -> digest; summaries, state: of the same customers; products: (n,) those shown, an input, for
    the lists of the night are not kept; rulings: by row, what the ledger ruled on the place, where it gave another than was asked for;
    visits: (n,) at a pull channel, else None.
    """

    as_of: Instant
    summarised_at: Instant
    policy: str
    models: Mapping[str, str]
    summaries: Batch
    state: ContactState
    products: tuple[tuple[str, ...], ...]
    rulings: Mapping[int, ReservationResult]
    visits: Texts | None = None
