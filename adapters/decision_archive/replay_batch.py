"""Rows of a run over the whole base made again and set beside what its files say, column by column, bit by bit.

Apart from ``logged``, whose decisions are JSON: a file of a run has its own columns, and its own way of packing what it was made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.decision_archive.input_codec import unpack_inputs
from adapters.decision_archive.replay import Past, ReplayInputs, made_again
from adapters.decision_archive.run_folder import arrow_columns
from decisions.engine import reservation
from features import summary_names
from otokui.domain import Instant
from otokui.errors import SkewError
from otokui.frames import Bools

GIVEN: Final = ("ruling", "inputs")
"""Columns that a decision is made from; all others come of it."""


@dataclass(frozen=True, slots=True)
class RemadeRow:
    """A row made again: the columns in which it comes to something else now; none = the same, bit for bit."""

    decision_id: str
    differing: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every column is as it was."""
        return not self.differing


def remade_rows(manifest: Mapping[str, Any], rows: pa.Table, past: Past) -> Iterator[RemadeRow]:
    """Make rows of a run again.

    Raises:
        Missing, SkewError, BrokenModel: the policy or a model is gone, or this build makes another of it.
        BadInput: the inputs are packed otherwise than by this build.
    """
    again = arrow_columns(made_again(inputs_of(manifest, rows, past), past).columns())
    differs = {name: _differs(rows, again, name) for name in dict.fromkeys((*rows.column_names, *again.column_names)) if name not in GIVEN}
    for row, decision_id in enumerate(rows["decision_id"].to_pylist()):
        yield RemadeRow(decision_id, tuple(name for name, found in differs.items() if found[row]))


def inputs_of(manifest: Mapping[str, Any], rows: pa.Table, past: Past) -> ReplayInputs:
    """Return what rows were made from, as they carry it; raises as ``remade_rows`` does."""
    names = tuple(manifest["inputs"]["summary_columns"])
    if names != summary_names() or "ruling" not in rows.column_names:
        raise SkewError("the run was written by a build with other columns", fix="replay with the build that decided (see CHANGELOG.md)")
    versions = manifest["versions"]
    policy = past.policy(versions["policy"])
    widths = len(policy.channels.names), len(policy.messages.ids)
    summaries, state = unpack_inputs(rows["inputs"].to_pylist(), rows["customer_id"].to_pylist(), names, *widths)
    return ReplayInputs(
        as_of=Instant(manifest["as_of"]),
        summarised_at=Instant(manifest["summarised_at"]),
        policy=versions["policy"],
        models=versions["models"],
        summaries=summaries,
        state=state,
        products=tuple(tuple(json.loads(shown)) if shown else () for shown in rows["products"].to_pylist()),
        rulings={row: reservation.from_json(said) for row, said in enumerate(rows["ruling"].to_pylist()) if said is not None},
    )


def _differs(before: pa.Table, after: pa.Table, name: str) -> Bools:
    """Return (n,): in which rows a column is not the same; all of them where it is missing on one side, or of another type."""
    both = name in before.column_names and name in after.column_names
    if not both or before[name].type != after[name].type:
        return np.ones(len(before), dtype=bool)
    one, other = before[name].combine_chunks(), after[name].combine_chunks()
    if pa.types.is_float64(one.type):
        one, other = one.view(pa.int64()), other.view(pa.int64())  # minus nothing is not nothing
    either_null = pc.not_equal(pc.is_null(one), pc.is_null(other))
    found: Bools = pc.or_(either_null, pc.fill_null(pc.not_equal(one, other), False)).to_numpy(zero_copy_only=False)
    return found
