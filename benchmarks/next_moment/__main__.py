"""Tables of docs/benchmarks/next-moment.md: weekday and hours of the next purchase.

    python -m benchmarks.next_moment --data FOLDER [--origin 2017-12-04] [--page docs/benchmarks/next-moment.md]

FOLDER holds complete_journey/. The customers are people who had bought before the origin and buy again in the 28 days after it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import marked
from benchmarks.next_moment import ours, peers
from benchmarks.next_moment.cells import SIZES, asked_of
from benchmarks.next_moment.scores import ALONE, line
from benchmarks.purchases.ours import opened
from benchmarks.purchases.protocol import PROTOCOLS, Protocol
from benchmarks.purchases.rows import rows_of

MARK = "next-moment"
ORIGINS = ("2017-10-02", "2017-12-04")
"""The last is the protocol's test window; the method was chosen on windows that end before 2017-11."""


def run(protocol: Protocol, data: Path, work: Path) -> str:
    """Return one origin's table as Markdown."""

    def say(text: str) -> None:
        print(f"{protocol.origin}: {text}", file=sys.stderr, flush=True)

    shop = opened(protocol, data, work)
    rows = rows_of(shop, protocol.at, protocol.horizon_days)
    asked = asked_of(rows, protocol.timezone)
    say(f"{len(asked.customers):,} of {len(rows):,} customers buy again")
    said, alone = ours.answers(shop, protocol, rows, asked, say)
    simple, boosted = peers.shares(rows, asked, protocol.timezone), peers.plain(rows, asked, protocol.timezone)
    methods = ["Otokui", ALONE, *simple, "plain LightGBM"]
    lines = [
        f"**As of {protocol.origin}**, {len(asked.customers):,} customers",
        "",
        f"| log loss | {' | '.join(methods)} | ahead of best peer | wanted |",
        "|---" * (len(methods) + 3) + "|",
    ]
    for question in SIZES:
        answers = [
            said[question],
            alone if question == "weekday" else None,
            *(each[question] for each in simple.values()),
            boosted[question],
        ]
        lines.append(line(question, dict(zip(methods, answers, strict=True)), asked.came[question]))
    return "\n".join([*lines, ""])


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--origin", help="one origin (default: all)")
    parser.add_argument("--page", type=Path, help="the page to write the tables into, e.g. docs/benchmarks/next-moment.md")
    asked = parser.parse_args()
    base = next(protocol for protocol in PROTOCOLS if protocol.name == "complete-journey")
    days = tuple(range(1, base.horizon_days + 1))
    tables = []
    with tempfile.TemporaryDirectory(prefix="otokui-next-moment-") as aside:
        for origin in (asked.origin,) if asked.origin else ORIGINS:
            tables.append(run(replace(base, name=f"next-moment-{origin}", origin=origin, grid_days=days), asked.data, Path(aside)))
            print(tables[-1], flush=True)
    if asked.page is not None:
        marked.put(asked.page, MARK, "\n".join(tables))


if __name__ == "__main__":
    main()
