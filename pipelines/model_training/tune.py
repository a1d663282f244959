"""Parameter search on the shop's own history, with training's rows and held-out cut-off.

Apart from training, because a search is made once in a while and takes an hour, and a training every night.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from otokui.domain import Instant, Label
from otokui.errors import NotEnoughData
from otokui.settings.settings import Settings
from otokui.wording.counting import counted
from pipelines.model_training.training_data import Material
from pipelines.model_training.tuned_parameters import TunedParameters, keep_tuned, read_tuned, usable
from training.fitting.examples import prepare
from training.fitting.tune import Tuned, tune
from training.train import begin


@dataclass(frozen=True, slots=True)
class TuneReport:
    """What a search came to by label, and why a label was not searched."""

    train_through: Instant
    tuned: Mapping[Label, TunedParameters]
    refused: Mapping[Label, str]
    path: Path


def tune_shop(
    material: Material,
    settings: Settings,
    *,
    train_through: Instant,
    now: Instant,
    trials: int,
    storage: str,
    folder: Path,
    labels: Sequence[Label] = tuple(Label),
    progress: Callable[[str], None] | None = None,
    bar: bool | None = None,
) -> TuneReport:
    """Search each label's parameters and store them in ``folder``, label by label.

    ``trials`` trials in all.

    storage: of Optuna, from which a search that was stopped goes on; bar: a progress bar on stderr (default: at a terminal).

    Raises:
        NotEnoughData: nothing can be learnt; a label of which that is true is in ``refused``.
    """
    task, _ = begin(material.basis(settings, train_through))
    standing, _ = usable(read_tuned(folder), train_through)
    tuned: dict[Label, TunedParameters] = {}
    refused: dict[Label, str] = {}
    for label in labels:
        try:
            prepared = prepare(task, label)
            if not prepared.enough:
                raise NotEnoughData(f"{prepared.not_enough}: nothing is boosted", fix="bring more history")
        except NotEnoughData as error:
            refused[label] = str(error)
            continue
        start = dict(standing[label].params) if label in standing else None
        tuned[label] = as_tuned_parameters(tune(task, prepared, trials, storage=storage, start=start, bar=bar), train_through, now)
        # At once: who stops the search at the third label keeps what was found for two.
        keep_tuned(folder, {label: tuned[label]})
        if progress is not None:
            each = tuned[label]
            progress(
                f"{label}: held-out loss {each.standing_loss:.5f} -> {each.loss:.5f} in {counted(each.trials, 'trial')}, "
                f"{each.pruned} of them pruned"
            )
    return TuneReport(train_through, tuned, refused, folder)


def as_tuned_parameters(tuned: Tuned, train_through: Instant, now: Instant) -> TunedParameters:
    """Return a search's result as it is kept."""
    return TunedParameters(
        params=dict(tuned.params),
        loss=tuned.loss,
        standing_loss=tuned.standing_loss,
        trials=tuned.finished + tuned.pruned,
        pruned=tuned.pruned,
        train_through=int(train_through),
        tuned_at=int(now),
    )
