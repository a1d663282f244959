"""Training artifacts for the report: plots, metrics by slice, reasons for missing models.

By digest, so that a page about the champion never shows the pictures of a challenger that did not pass.

::

    SHOP/training/<label>/<digest>/   *.png · evaluation.json · <label>_reliability.json
    SHOP/training/refused.json        label -> why it could not be trained, of the newest run
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from otokui.domain import Label

_EVALUATION, _REFUSED = "evaluation.json", "refused.json"


def keep(folder: Path, label: Label, digest: str, plots: Mapping[str, bytes], evaluation: Mapping[str, Any]) -> None:
    """Keep what was found about one model; ``evaluation`` as ``report.models.model_line`` takes it."""
    target = folder / label / digest
    target.mkdir(parents=True, exist_ok=True)
    for name, png in plots.items():
        _write(target / Path(name).name, png)
    _write(target / _EVALUATION, json.dumps(dict(evaluation), indent=1, sort_keys=True).encode())


def keep_refused(folder: Path, refused: Mapping[Label, str]) -> None:
    """Keep why labels could not be trained; replaces what the run before said."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / _REFUSED, json.dumps(dict(refused), ensure_ascii=False, indent=1, sort_keys=True).encode())


def plots_of(folder: Path, label: Label, digest: str) -> dict[str, bytes]:
    """Return the pictures of a model, none where none were kept."""
    return {path.name: path.read_bytes() for path in sorted((folder / label / digest).glob("*.png"))}


def evaluation_of(folder: Path, label: Label, digest: str) -> dict[str, Any]:
    """Return stored evaluation of a model, with ``deciles``; empty where nothing was stored."""
    evaluation = _read(folder / label / digest / _EVALUATION)
    tenths = _read(folder / label / digest / f"{label}_reliability.json")
    return evaluation | ({"deciles": tenths} if tenths else {})


def refused_of(folder: Path) -> dict[str, str]:
    """Return why labels have no model."""
    return _read(folder / _REFUSED)


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        # The page does without: a picture that is missing must not cost the reader the rest.
        return {}
    return content


def _write(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside.write_bytes(content)
    aside.replace(path)
