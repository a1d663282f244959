"""Feature vectors from summaries at an instant, for one customer or a million.

In numpy rather than on a dataframe library: docs/adr/0001-rows-in-numpy.md. A row's bytes depend on that row and the instant alone. Two
things secure it: features use only operations that round the same everywhere (`features.arithmetic`), and every block is padded to a
whole number of vector registers, so that no element takes the scalar tail of a loop while others take its vector body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from features.catalogue import CATALOGUE, SHARED, feature_names
from features.feature import MOMENTS
from features.summaries.families import FAMILIES
from features.summaries.summary import ORDER_BOUND, summary_names
from otokui.domain import Instant
from otokui.errors import SkewError
from otokui.frames import Batch, Floats

BLOCK: Final = 2_048
"""Rows worked on at once: a block with all its columns stays within a processor's cache."""

LANES: Final = 8
"""Blocks are padded to a multiple of this: doubles in the widest vector register (512 bits)."""

_ORDER_BOUND: Final = [summary_names().index(name) for name in ORDER_BOUND]
_DROPPED: Final = 29
"""Bits of a double's 53 that are dropped from a sum that depends on the order of its addends: 24 remain."""

_Step = tuple[Callable[..., Any], tuple[int, ...]]
"""Definition with the positions of its arguments in the list of values."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Plan to compute vectors from one set of columns.

    columns: the position of each summary column (none: as they are); families: runs of summary columns; shared and features: in order.
    Values are numbered: summary columns, then families, then moments, then shared values.
    """

    columns: tuple[int, ...] | None
    families: tuple[slice, ...]
    shared: tuple[_Step, ...]
    features: tuple[_Step, ...]


def derive(summaries: Batch, as_of: Instant, *, local_offset_seconds: int = 0) -> Batch:
    """Return one feature vector per summary, in the same order, as of ``as_of``.

    summaries: at least the columns ``summary_names()``, in any order; local_offset_seconds: the shop's offset from UTC at ``as_of``, for
    features of the local date.

    Returns: values (n, len(feature_names())) float64, C order, finite or NaN.

    Raises:
        SkewError: a column of the summaries is missing.
    """
    plan = _plan(summaries.names)
    moments = (float(as_of), float(local_offset_seconds))
    vectors = np.empty((len(summaries), len(CATALOGUE)), dtype=np.float64)
    with np.errstate(all="ignore"):
        for start in range(0, len(summaries), BLOCK):
            part = slice(start, start + BLOCK)
            _derive_block(summaries.values[part], plan, moments, vectors[part])
    return Batch(summaries.customer_ids, feature_names(), vectors)


def _derive_block(rows: Floats, plan: _Plan, moments: Sequence[float], into: Floats) -> None:
    n = len(rows)
    padded = -(-n // LANES) * LANES
    block = np.full((len(summary_names()), padded), np.nan)
    block[:, :n] = rows.T if plan.columns is None else rows[:, plan.columns].T
    block[_ORDER_BOUND] = _rounded(block[_ORDER_BOUND])
    values: list[Any] = [*block, *(block[run] for run in plan.families), *moments]
    for define, arguments in plan.shared:
        values.append(define(*[values[i] for i in arguments]))
    derived = np.empty((len(plan.features), padded))
    for row, (define, arguments) in enumerate(plan.features):
        derived[row] = define(*[values[i] for i in arguments])
    # A sum that overflowed or a ratio of nearly nothing is as good as unknown, and models are fitted on finite numbers.
    np.copyto(derived, np.nan, where=np.isinf(derived))
    into[:] = derived[:, :n].T


def _rounded(values: Floats) -> Floats:
    """Round values to 24 bits, NaN and infinities unchanged.

    Half of the last bit kept is added, the rest cut off.
    """
    bits = values.view(np.int64)
    return ((bits + (1 << _DROPPED - 1)) & ~((1 << _DROPPED) - 1)).view(np.float64)


@lru_cache(maxsize=8)
def _plan(names: tuple[str, ...]) -> _Plan:
    missing = set(summary_names()) - set(names)
    if missing:
        raise SkewError(
            f"summaries lack {len(missing)} columns that features need: {sorted(missing)[:5]}",
            fix="run `otokui summarise` with this build",
        )
    column = {name: i for i, name in enumerate(summary_names())}
    place = {name: i for i, name in enumerate((*summary_names(), *FAMILIES, *MOMENTS, *SHARED))}
    firsts = [(column[members[0]], len(members)) for members in FAMILIES.values()]
    return _Plan(
        None if names == summary_names() else tuple(names.index(name) for name in summary_names()),
        tuple(slice(first, first + length) for first, length in firsts),
        tuple((value.define, tuple(place[name] for name in value.inputs)) for value in SHARED.values()),
        tuple((feature.define, tuple(place[name] for name in feature.inputs)) for feature in CATALOGUE),
    )
