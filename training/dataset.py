"""The rows a model learns from: the customers of several cut-offs, one under another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from otokui.domain import CutoffDate, Instant, Label
from otokui.frames import Batch, Bools, Floats, Ints
from scoring.inputs import Inputs, inputs_of, known_customers
from scoring.rhythm import Rhythm
from training.history import History

MAX_ROWS = 200_000
"""More rows than this are thinned at random, cut-off by cut-off: quality has levelled off, time and memory have not."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The vectors of the customers on record at one cut-off, as they stood then."""

    cutoff: CutoffDate
    vectors: Batch


@dataclass(frozen=True, slots=True)
class Rows:
    """``n`` rows of one label: inputs; target (n,); customers (n,) index into the history, -1 = never bought;
    groups (n,) a number per customer, the same at every cut-off; cutoffs (n,) instants.
    """

    inputs: Inputs
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
    rhythm: Rhythm,
    *,
    seed: int,
    keep: Callable[[Ints], Bools] | None = None,
    max_rows: int = MAX_ROWS,
) -> Rows:
    """Return the rows of the cut-offs with their target; ``keep`` chooses customers by group.

    Customers of whom nothing is on record are left out: they get the pooled prediction anyway.
    """
    batches, targets, customers, groups, cutoffs = [], [], [], [], []
    share = max(1, max_rows // max(1, len(datasets)))
    for each in datasets:
        chosen = np.nonzero(known_customers(each.vectors))[0]
        if len(chosen) > share:
            chosen = np.sort(np.random.default_rng([seed, each.cutoff.at]).choice(chosen, share, replace=False))
        vectors = each.vectors.rows(chosen.astype(np.int64))
        group = customer_groups(vectors)
        if keep is not None:
            kept = keep(group)
            vectors, group = vectors.rows(kept), group[kept]
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
