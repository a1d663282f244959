"""Manifest of the last materialisation through Feast.

It is readable without importing Feast, which takes 7 to 11 s.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from otokui.errors import Missing, Unavailable

MANIFEST: Final = "manifest.json"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of the Feast repository in ``folder``.

    Raises:
        Missing: there is none.
        Unavailable: it cannot be read.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Missing(f"nothing is materialised in {folder}", fix="run `otokui materialise --shop SHOP` first") from None
    except ValueError:
        raise Unavailable(f"{folder / MANIFEST} is not JSON", fix="run `otokui materialise` again") from None
    return manifest


def version_of(manifest: dict[str, Any]) -> str:
    """Return the version of a manifest; every materialisation has another."""
    return f"feast-{manifest['summarised_at']}-{manifest['registry'][:12]}"


def feast_version(folder: Path) -> str:
    """Return the version of the current materialisation."""
    return version_of(read_manifest(folder))
