"""The rows a model learns from: the customers of several cut-offs, one under another.

A large shop is sampled by one rule, twice: each row (a customer at a cut-off) stays with the same chance, that which brings
the expected number of rows down to what is affordable. Where every row has the same chance, every row has the same
weight, so none is carried along, and averages over rows estimate those over everybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from otokui.domain import CutoffDate, Instant, Label
from otokui.frames import Batch, Bools, Floats, Ints
from scoring.base_models.btyd import MbgNbd
from scoring.model_files.booster_inputs import BoosterInputs, inputs_of, known_customers
from training.data.purchase_history import History

MAX_KEPT = 600_000
"""Rows of all cut-offs together that are kept in memory: with 140 features, 0.7 GB."""
MAX_ROWS = 200_000
"""Rows that a model learns from, in expectation: beyond, quality has levelled off, time and memory have not."""


def share_kept(rows: Sequence[int], at_most: int) -> float:
    """Return the sampling share by which at most ``at_most`` rows are expected to stay.

    ``rows`` are counts by cut-off; 1 = all stay.
    """
    return min(1.0, at_most / max(1, sum(rows)))


def draw(rows: int, share: float, chance: np.random.Generator) -> Bools:
    """Return which of the next ``rows`` rows stay, shape (rows,)."""
    return np.ones(rows, dtype=np.bool_) if share >= 1.0 else chance.random(rows) < share


@dataclass(frozen=True, slots=True)
class Dataset:
    """The vectors of the customers on record at one cut-off, as they stood then."""

    cutoff: CutoffDate
    vectors: Batch


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one label: inputs, targets, customers, groups and cut-offs, ``n`` each.

    target (n,); customers (n,) index into the history, -1 = never bought; groups (n,) a number per customer, the same at every cut-off;
    cutoffs (n,) instants.
    """

    inputs: BoosterInputs
    target: Floats
    customers: Ints
    groups: Ints
    cutoffs: Ints

    def __len__(self) -> int:
        return len(self.target)


Target = Callable[[History, Ints, Instant], Floats]


def customer_groups(vectors: Batch) -> Ints:
    """Return a number per customer that depends on the id alone, shape (n,)."""
    drawn = [int.from_bytes(hashlib.blake2b(str(c).encode(), digest_size=7).digest(), "big") for c in vectors.customer_ids]
    return np.array(drawn, dtype=np.int64)


def stack(
    datasets: Sequence[Dataset],
    history: History,
    target: Target,
    rhythm: MbgNbd,
    *,
    seed: int,
    keep: Callable[[Ints], Bools] | None = None,
    max_rows: int = MAX_ROWS,
) -> Rows:
    """Return the rows of the cut-offs with their target; ``keep`` chooses customers by group.

    Customers of whom nothing is on record are left out: they get the pooled prediction anyway.
    """
    batches, targets, customers, groups, cutoffs = [], [], [], [], []
    known = [np.nonzero(known_customers(each.vectors))[0] for each in datasets]
    share = share_kept([len(each) for each in known], max_rows)
    for each, there in zip(datasets, known, strict=True):
        chosen = there[draw(len(there), share, np.random.default_rng([seed, each.cutoff.at]))]
        vectors = each.vectors.rows(chosen.astype(np.int64))
        group = customer_groups(vectors)
        if keep is not None:
            selected = keep(group)
            vectors, group = vectors.rows(selected), group[selected]
        index = history.index_of(vectors.customer_ids)
        batches.append(vectors)
        targets.append(target(history, index, each.cutoff.at))
        customers.append(index)
        groups.append(group)
        cutoffs.append(np.full(len(index), each.cutoff.at, dtype=np.int64))
    names = batches[0].names
    together = Batch(np.concatenate([b.customer_ids for b in batches]), names, np.concatenate([b.values for b in batches]))
    return Rows(
        inputs_of(together, rhythm, names),
        np.concatenate(targets),
        np.concatenate(customers),
        np.concatenate(groups),
        np.concatenate(cutoffs),
    )


def data_digest(rows: Rows, label: Label) -> str:
    """Return a digest of everything that was learnt from: the same data, the same digest."""
    digest = hashlib.sha256(str(label).encode())
    for part in (rows.inputs.matrix, rows.target, rows.groups, rows.cutoffs):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
