"""Otokui and its peers on purchases: the tables of docs/benchmarks/purchases.md.

    python -m benchmarks.purchases --data FOLDER [--set cdnow|online-retail|complete-journey] [--keep FOLDER]
        [--page docs/benchmarks/purchases.md]

FOLDER holds cdnow/, online_retail/ and complete_journey/ as README.md says. Every method is asked about the same customers at the
same origin in one run; nothing of what came after the origin is seen by any of them. A purchase is a day with a purchase.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.marked import put
from benchmarks.purchases import figures, ours, page, peers, plain
from benchmarks.purchases.protocol import PROTOCOLS, Protocol
from benchmarks.purchases.rows import rows_of


def run(protocol: Protocol, data: Path, work: Path) -> str:
    """Return one protocol's table as Markdown."""

    def say(text: str) -> None:
        print(f"{protocol.name}: {text}", file=sys.stderr, flush=True)

    shop = ours.opened(protocol, data, work)
    rows = rows_of(shop, protocol.at, protocol.horizon_days)
    say(f"{len(rows):,} customers, {rows.bought.mean():.1%} of them bought")
    own = ours.forecast(shop, protocol, rows, say)
    models, notes = peers.probability_models(rows, protocol.grid_days)
    others = [figures.generous(peer, rows) for peer in (*peers.simple(rows), *models, plain.plain(rows))]
    values = figures.table([own, *others], rows, protocol.grid_days)
    ahead = figures.differences(own, others, rows, protocol.grid_days)
    names = [own.name, *(other.name for other in others)]
    return page.markdown(protocol.name, f"{protocol.title}, {len(rows):,} customers", names, values, ahead, notes)


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--set", dest="chosen", choices=sorted({p.set_name for p in PROTOCOLS}), help="one set (default: all)")
    parser.add_argument("--keep", type=Path, help="folder to leave the shops in (default: a temporary one)")
    parser.add_argument("--page", type=Path, help="the page to write the tables into, e.g. docs/benchmarks/purchases.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="otokui-purchases-") as aside:
        work = asked.keep or Path(aside)
        work.mkdir(parents=True, exist_ok=True)
        for protocol in PROTOCOLS:
            if asked.chosen in (None, protocol.set_name):
                text = run(protocol, asked.data, work)
                print(text, flush=True)
                if asked.page is not None:
                    put(asked.page, protocol.name, text)


if __name__ == "__main__":
    main()
