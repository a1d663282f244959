"""Tuned parameters stored in the shop's folder, for every training after the search.

A plain file (SHOP/training/tuned.json), so that a data scientist can read it, edit it, copy it to another shop or
delete it to have the defaults back. What was found on records of a later day is not used by a training on earlier
ones: its figures would know the future.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from otokui.domain import Instant, Label, show_instant
from otokui.errors import BadInput
from otokui.settings.section import Section

FILE = "tuned.json"


class TunedParameters(Section):
    """Tuned parameters of one label, with held-out losses before and after.

    And when, and through which records, they were searched.

    ``params`` may be empty: nothing was better than what stood. Instants are UTC seconds.
    """

    params: dict[str, str | int | float | bool] = Field(default={})
    loss: float
    standing_loss: float
    trials: int = Field(ge=0)
    pruned: int = Field(default=0, ge=0)
    train_through: int
    tuned_at: int


def read_tuned(folder: Path) -> dict[Label, TunedParameters]:
    """Return what was found for each label; nothing where no search was made.

    Raises:
        BadInput: the file is not what a search writes.
    """
    path = folder / FILE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {Label(label): TunedParameters.model_validate(each) for label, each in stored.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise BadInput(f"{path} cannot be read: {first}", fix="delete it to train with the defaults, and run `otokui tune` again") from None


def keep_tuned(folder: Path, tuned: Mapping[Label, TunedParameters]) -> None:
    """Store tuned parameters beside those of other labels, whole or not at all."""
    together = read_tuned(folder) | dict(tuned)
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{FILE}.{os.getpid()}.part"
    text = json.dumps({str(label): each.model_dump() for label, each in sorted(together.items())}, indent=1)
    aside.write_text(text + "\n", encoding="utf-8")
    aside.replace(folder / FILE)


def usable(tuned: Mapping[Label, TunedParameters], train_through: Instant) -> tuple[dict[Label, TunedParameters], tuple[str, ...]]:
    """Return parameters usable by a training through ``train_through``, and notes on others."""
    used = {label: each for label, each in tuned.items() if each.train_through <= train_through}
    notes = tuple(
        f"{label}: tuned parameters were left out: they were found on records through {show_instant(Instant(each.train_through))}"
        for label, each in tuned.items()
        if label not in used
    )
    return used, notes
