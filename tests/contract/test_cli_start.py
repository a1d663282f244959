"""The command line starts at once: help is shown without the libraries that models, tables and plots need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"mlflow", "lightgbm", "feast", "bentoml", "sklearn", "scipy", "duckdb", "polars", "matplotlib", "optuna", "sqlalchemy", "pyarrow"}
SHOW = """
import json, sys
from pipelines.cli import app
app(sys.argv[1:], standalone_mode=False)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize("words", [["--help"], ["doctor", "--help"], ["ingest", "--help"], ["simulate", "--help"]], ids=" ".join)
def test_help_loads_no_library_of_models_tables_or_plots(words: list[str]) -> None:
    """Each of them takes up to seconds to import, and help needs none."""
    shown = subprocess.run([sys.executable, "-c", SHOW, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    *said, loaded = shown.splitlines()

    assert "Usage:" in "\n".join(said)
    assert set(json.loads(loaded)) & HEAVY == set()
