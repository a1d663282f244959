"""Recycle list of a run: customers who left a scenario without success.

With the reason, and the date from which they may be tried again.

Read off the run's own files, where the ledger's state stands beside every decision, so a run that was stopped and goes on
lists the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.decision_archive.input_codec import unpack_inputs
from adapters.files.atomic_files import publish
from decisions.constraints.scenario_exits import EXITS, scenario_exits
from decisions.policy.policy import Policy

FILE_NAME = "recycle.parquet"
SCHEMA = pa.schema(
    [("customer_id", pa.string()), ("scenario", pa.string()), ("why", pa.string()), ("again_from", pa.int64()), ("as_of", pa.int64())]
)
"""again_from, as_of: epoch seconds; again_from is null where nothing but the customer can open the scenario again."""


def write_recycle(folder: Path, manifest: Mapping[str, Any], policy: Policy) -> int:
    """Write the list beside the decisions, whole or not at all; return its rows."""
    aside = folder / f"{FILE_NAME}.aside"
    rows = 0
    with pq.ParquetWriter(aside, SCHEMA, compression="zstd") as file:
        for part in manifest["parts"]:
            table = _left(folder / part["file"], manifest, policy)
            file.write_table(table)
            rows += table.num_rows
    publish(aside, folder / FILE_NAME)
    return rows


def _left(path: Path, manifest: Mapping[str, Any], policy: Policy) -> pa.Table:
    table = pq.read_table(path, columns=["customer_id", "scenario", "inputs"])
    ids, scenarios = table["customer_id"].to_pylist(), list(policy.messages.scenarios)
    widths = len(policy.channels.names), len(policy.messages.ids)
    _, state = unpack_inputs(table["inputs"].to_pylist(), ids, manifest["inputs"]["summary_columns"], *widths)
    chosen = np.array([-1 if name is None else scenarios.index(name) for name in table["scenario"].to_pylist()], dtype=np.int64)
    rows, of_scenario, ways, again = scenario_exits(policy, state, int(manifest["as_of"]), chosen)
    return pa.table(
        {
            "customer_id": [ids[row] for row in rows.tolist()],
            "scenario": [scenarios[s] for s in of_scenario.tolist()],
            "why": [EXITS[way].name for way in ways.tolist()],
            "again_from": [None if np.isnan(at) else int(at) for at in again.tolist()],
            "as_of": [int(manifest["as_of"])] * len(rows),
        },
        schema=SCHEMA,
    )
