"""File of measured results in a shop's folder, read by report and service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.files.atomic_files import publish


def results_path(shop: Path) -> Path:
    """Return where the newest measured results of a shop stand."""
    return shop / "results" / "latest.json"


def keep_results(shop: Path, results: Mapping[str, Any]) -> Path:
    """Write measured results, whole or not at all, and return the path."""
    target = results_path(shop)
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    publish(part, target)
    return target


def read_results(path: Path) -> dict[str, Any] | None:
    """Return the kept results, None where nothing was measured or the file is damaged."""
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    return kept
