"""Measurement against the truth: ``python -m benchmarks.measurement --data FOLDER [--seasons 400] [--customers 1000000] [--write]``.

Coverage on simulated shops whose every customer lived both with and without contacts; the lift of a randomised trial beside statsmodels;
and the time of a base of a million customers beside hand-written SQL. ``--write`` puts the tables into docs/benchmarks/measurement.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.marked import put
from benchmarks.measurement import coverage, scale, trial

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "measurement.md"


def main() -> None:
    """Run the parts and print or write their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of public data, with hillstrom/hillstrom.csv")
    parser.add_argument("--seasons", type=int, default=400, help="draws of the control group per world and seed")
    parser.add_argument("--customers", type=int, default=1_000_000, help="customers of the base that is timed")
    parser.add_argument("--contacts", type=int, default=20, help="contacts per customer of that base")
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    asked = parser.parse_args()
    tables = {
        "coverage": coverage.text(coverage.run(asked.seasons)),
        "trial": trial.text(trial.run(asked.data / "hillstrom" / "hillstrom.csv")),
        "scale": scale.text(scale.run(asked.customers, asked.contacts)),
    }
    for name, table in tables.items():
        print(f"{table}\n", flush=True)
        if asked.write:
            put(PAGE, name, table)


if __name__ == "__main__":
    main()
