"""Benchmark of uplift on held-out halves: Qini, and the value of arm choice.

    python -m benchmarks.uplift --data FOLDER [--splits 20] [--write]

One method for all contrasts and data sets; everything it chooses it chooses inside the half it learns from.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.marked import put
from benchmarks.uplift.choice import choice_table
from benchmarks.uplift.promotion import promotion_table
from benchmarks.uplift.ranking import ranking_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "uplift.md"


def main() -> None:
    """Run, print, and with --write keep the tables in docs/benchmarks/uplift.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with hillstrom/ and starbucks_promotion/")
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks/uplift.md")
    asked = parser.parse_args()
    text = ""
    for table in (ranking_table, choice_table, promotion_table):
        part = table(asked.data, asked.splits)
        print(part, flush=True)
        text += part + "\n"
    if asked.write:
        put(PAGE, "uplift", text)


if __name__ == "__main__":
    main()
