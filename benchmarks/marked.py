"""Marked part of a page of docs/benchmarks/, replaced by a benchmark.

The rest is left alone.
"""

from __future__ import annotations

from pathlib import Path


def put(page: Path, name: str, text: str) -> None:
    """Write ``text`` between ``<!-- name -->`` and ``<!-- /name -->``.

    At the end of the page where they are missing.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    told = page.read_text(encoding="utf-8")
    if begin not in told:
        told = f"{told.rstrip()}\n\n{begin}\n{end}\n"
    before, _, rest = told.partition(begin)
    after = rest.partition(end)[2]
    aside = page.with_suffix(".part")
    aside.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")
    aside.rename(page)
