"""Write the reference pages, or with ``--check`` list the outdated ones."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.reference.index import orphans
from tools.reference.pages import FOLDER, outdated, write


def main(arguments: list[str] | None = None) -> int:
    """Return the exit code: 0, or with ``--check`` 1 where a page is not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is not current")
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder of the documentation")
    wish = parser.parse_args(arguments)
    if not wish.check:
        print(f"{len(write(wish.out))} pages in {wish.out}")
        return 0
    stale = outdated(wish.out)
    for name in stale:
        print(f"{wish.out / name} is not what the code says. To fix it: make docs, and commit what changed", file=sys.stderr)
    lost = orphans()
    for name in lost:
        print(f"docs/{name} stands in no list. To fix it: name it in docs/benchmarks.md or docs/adr/README.md", file=sys.stderr)
    return 1 if stale or lost else 0


if __name__ == "__main__":
    sys.exit(main())
