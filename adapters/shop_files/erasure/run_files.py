"""Runs of decisions without erased customers: parts rewritten, with the digests that vouch for them.

A part goes first, then its sidecar, then the manifest. A process that died in between left a part that counts other rows than its
sidecar; it is told by that, and the digests are brought after. Every other row of a run replays to the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from adapters.decision_archive.decision_index import index_rows, write_index
from adapters.decision_archive.decision_lines import without_customers
from adapters.decision_archive.run_folder import LOCK, MANIFEST, RUN
from adapters.files.atomic_files import publish, replace_text, sha256
from adapters.files.shop_lock import alone
from adapters.shop_files.erasure.parquet_rows import holds, naming, rewrite, rows_in

_KEY: Final = ("customer_id",)


def run_folders(shop: Path) -> Iterator[Path]:
    """Yield every folder of decisions below the shop's folder."""
    yield from (path.parent for path in sorted(shop.rglob(RUN)))


def erase_run(folder: Path, ids: Collection[str], wait_seconds: float) -> Counter[str]:
    """Erase customers from the parts of one run, finished or not.

    Raises:
        Conflict: the run is still being written after so many seconds.
    """
    done: Counter[str] = Counter()
    with alone(folder, wait_seconds, LOCK):
        changed: dict[str, dict[str, Any]] = {}
        for path in sorted(folder.glob("part-*.parquet")):
            if holds(path, ids, _KEY):
                done["decisions of runs"] += rewrite(path, path, naming(ids, _KEY))
            sidecar = path.with_suffix(".json")
            if not sidecar.exists():
                continue
            told = json.loads(sidecar.read_text(encoding="utf-8"))
            if told["rows"] != rows_in(path):
                if "lines" in told:
                    told["lines"] = _without_lines(folder, told["lines"], ids)
                told |= {"rows": rows_in(path), "bytes": path.stat().st_size, "sha256": sha256(path)}
                _write(sidecar, told)
            changed[path.name] = told
        if (folder / MANIFEST).exists():
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            parts = [part | {name: changed[part["file"]][name] for name in part} for part in manifest["parts"]]
            if parts != manifest["parts"]:
                manifest |= {"parts": parts, "rows": sum(part["rows"] for part in parts)}
                _write(folder / MANIFEST, manifest)
            if index_rows(folder) not in (None, manifest["rows"]):
                write_index(folder, manifest)
        for path in folder.glob("part-*.inputs"):  # of a run that was killed; a part without them is read anew
            path.unlink()
    return done


def _without_lines(folder: Path, lines: dict[str, Any], ids: Collection[str]) -> dict[str, Any]:
    content, frames = without_customers(folder, lines, ids)
    aside = folder / f"{lines['file']}.aside"
    aside.write_bytes(content)
    publish(aside, folder / lines["file"])
    return lines | {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "frames": frames}


def _write(path: Path, content: dict[str, Any]) -> None:
    replace_text(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n")
