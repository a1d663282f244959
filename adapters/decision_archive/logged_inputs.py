"""Logged inputs of decisions for replay, from the ledger's log and from run files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from adapters.decision_archive.input_codec import state_from_json, unpack_inputs
from decisions.engine import reservation
from decisions.engine.replay_inputs import ReplayInputs
from decisions.engine.replay_log import LoggedInputs
from decisions.policy.policy import Policy
from decisions.policy.visit import Visit
from features import summary_names
from features.summaries.packing import unpack
from otokui.domain import Instant
from otokui.errors import SkewError
from otokui.ports.ledger import LoggedDecision


def inputs_of_log(rows: Iterable[LoggedDecision]) -> Iterator[LoggedInputs]:
    """Yield decisions of the service as they were logged.

    Raises:
        SkewError: one was made by a build with other summaries.
    """
    for row in rows:
        decision = json.loads(row.decision)
        named = decision["versions"]["models"]
        yield LoggedInputs(
            decision_id=row.decision_id,
            customer_id=row.customer_id,
            as_of=Instant(row.as_of),
            summarised_at=Instant(row.summarised_at),
            policy=row.policy,
            models=named if named == row.models else row.models,  # in the order in which they were answered
            summaries=unpack([row.customer_id], [row.inputs]),
            state=state_from_json(row.contact_state),
            ruling=None if row.ruling is None else reservation.from_json(row.ruling),
            decision=decision,
            written=row.decision.encode(),
            visit=None if row.context is None else Visit.from_json(row.context),
        )


def inputs_of_run(manifest: Mapping[str, Any], rows: pa.Table, policy: Callable[[str], Policy]) -> ReplayInputs:
    """Return the logged inputs of a run's rows.

    ``policy`` returns the one of a digest.

    Raises:
        SkewError: the run was written by a build with other columns. BadInput: the inputs are packed otherwise than by this build.
    """
    names = tuple(manifest["inputs"]["summary_columns"])
    if names != summary_names() or "ruling" not in rows.column_names:
        raise SkewError("the run was written by a build with other columns", fix="replay with the build that decided (see CHANGELOG.md)")
    versions = manifest["versions"]
    decided = policy(versions["policy"])
    widths = len(decided.channels.names), len(decided.messages.ids)
    summaries, state = unpack_inputs(rows["inputs"].to_pylist(), rows["customer_id"].to_pylist(), names, *widths)
    return ReplayInputs(
        as_of=Instant(manifest["as_of"]),
        summarised_at=Instant(manifest["summarised_at"]),
        policy=versions["policy"],
        models=versions["models"],
        summaries=summaries,
        state=state,
        products=tuple(tuple(json.loads(shown)) if shown else () for shown in rows["products"].to_pylist()),
        rulings={row: reservation.from_json(ruling) for row, ruling in enumerate(rows["ruling"].to_pylist()) if ruling is not None},
    )
