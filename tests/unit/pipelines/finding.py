"""The one row of a run that a test looks at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from adapters.decision_archive.finished_run import FinishedRun


def find_decision(folder: Path, customer_id: str) -> dict[str, Any]:
    """Return the row of one customer from a finished run, its inputs included."""
    run = FinishedRun.open(folder)
    (rows,) = run.rows(np.array([run.find("customer_id", customer_id)]))
    (row,) = rows.to_pylist()
    return dict(row)
