"""Benchmark of policies on the same simulated shops, beside the best possible.

With the same chance: one table, one picture.

    python -m benchmarks.simulated_shop --customers 3000 --days 90 --seeds 3 --worlds default grocery
    python -m benchmarks.simulated_shop --outcomes FILE --only-table

Each match is kept as a line of ``--outcomes`` as soon as it is played; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

# LightGBM's threads wait asleep: on a busy machine spinning doubles what a training costs.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from benchmarks.simulated_shop.match import NAMES, SCENARIOS, Length, Match
from benchmarks.simulated_shop.page import write_page
from benchmarks.simulated_shop.picture import draw
from benchmarks.simulated_shop.table import markdown, with_shares

DOCS = Path(__file__).resolve().parents[2] / "docs"


def main() -> None:
    """Play what has not been played, then write table and picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=3_000)
    parser.add_argument("--days", type=int, default=90, help="days played")
    parser.add_argument("--last", type=int, default=30, help="of them, the last ones that are reported apart")
    parser.add_argument("--settle", type=int, default=28, help="days of silence afterwards")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds, from 1")
    parser.add_argument("--worlds", nargs="+", default=["default"])
    parser.add_argument("--scenarios", nargs="+", default=list(SCENARIOS), choices=list(SCENARIOS))
    parser.add_argument("--policies", nargs="+", default=list(NAMES), choices=list(NAMES))
    parser.add_argument("--retrain-days", type=int, default=7)
    parser.add_argument("--outcomes", type=Path, default=Path("simulated-shop-outcomes.jsonl"))
    parser.add_argument("--only-table", action="store_true", help="play nothing; write the table of what is in --outcomes")
    parser.add_argument("--no-page", action="store_true", help="leave docs/ alone")
    asked = parser.parse_args()
    if not asked.only_table:
        for world in asked.worlds:
            for seed in range(1, asked.seeds + 1):
                for scenario in asked.scenarios:
                    _match(asked, world, seed, scenario)
    rows = [json.loads(line) for line in asked.outcomes.read_text(encoding="utf-8").splitlines()]
    frame = with_shares(rows)
    print(markdown(frame, NAMES))
    if not asked.no_page:
        command = (
            f"python -m benchmarks.simulated_shop --customers {asked.customers} --days {asked.days} --seeds {asked.seeds} "
            f"--worlds {' '.join(asked.worlds)} --retrain-days {asked.retrain_days}"
        )
        draw(frame, rows, NAMES, DOCS / "simulated-shop-policies.svg")
        write_page(DOCS / "benchmarks" / "simulated-shop.md", frame, NAMES, command)


def _match(asked: argparse.Namespace, world: str, seed: int, scenario: str) -> None:
    played = _played(asked.outcomes)
    missing = [name for name in asked.policies if (world, seed, scenario, name) not in played]
    if not missing:
        return
    match = Match(
        world, seed, SCENARIOS[scenario], asked.customers, Length(asked.days, asked.last, asked.settle), retrain_days=asked.retrain_days
    )
    try:
        for name in missing:
            began = time.monotonic()
            season = match.run(name, _tell if name == "ours" else lambda row: None)
            outcome = match.outcome(season) | {"customers": asked.customers, "days": asked.days}
            outcome["curve"] = [round(row["incremental_profit"], 2) for row in season.rows]
            with asked.outcomes.open("a", encoding="utf-8") as file:
                file.write(json.dumps(outcome) + "\n")
            said = {
                k: outcome[k]
                for k in ("profit", "expected", "profit_kept", "contacts", "unsubscribed", "violations", "broken", "cpu_seconds_per_day")
            }
            print(f"{world} {seed} {scenario} {name}: {said} in {time.monotonic() - began:.0f} s", flush=True)
    finally:
        match.close()


def _tell(row: dict[str, Any]) -> None:
    if row.get("trained") or row.get("silent") or row["day"] % 10 == 0:
        shown = {
            k: row[k] for k in ("day", "contacts", "incremental_profit", "seconds_policy", "trained", "silent", "broken") if row.get(k)
        }
        print(f"   {shown}", flush=True)


def _played(path: Path) -> set[tuple[str, int, str, str]]:
    if not path.exists():
        return set()
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(row["world"], row["seed"], row["scenario"], row["policy"]) for row in rows}


if __name__ == "__main__":
    main()
