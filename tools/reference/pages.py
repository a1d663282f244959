"""Which pages there are, and whether the committed ones say what the code says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tools.reference import cli, data_contract, errors, features, http, index, presets, settings, worlds

FOLDER = Path(__file__).resolve().parents[2] / "docs"

PAGES: dict[str, Callable[[], str]] = {
    "reference/features.md": features.render,
    "reference/settings.md": settings.render,
    "reference/errors.md": errors.render,
    "reference/cli.md": cli.render,
    "reference/http.md": http.render,
    "reference/data-contract.md": data_contract.render,
    "reference/channels-and-messages.md": presets.render,
    "reference/worlds.md": worlds.render,
    "README.md": index.render,
}
"""File name -> what writes it; the index comes last, for it reads the others. A page that is not listed here is written by hand."""


def write(folder: Path) -> list[Path]:
    """Write every page; return their paths."""
    (folder / "reference").mkdir(parents=True, exist_ok=True)
    for name, render in PAGES.items():
        (folder / name).write_text(render(), encoding="utf-8")
    return [folder / name for name in PAGES]


def outdated(folder: Path) -> list[str]:
    """Return the names of pages in ``folder`` that are missing or outdated."""
    return [name for name, render in PAGES.items() if _committed(folder / name) != render()]


def _committed(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
