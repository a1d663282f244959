"""Gate of the response model: not worse on the newest contacts than what decides.

An effect is never seen, so nothing says of one contact whether it was right. But the effects of a better model leave less
of the outcomes unexplained: the loss is that of the residuals it is fitted on (Nie and Wager, Biometrika 2021), with what is expected
of the newest contacts learnt from themselves, crosswise and for both models alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.domain import Instant
from otokui.errors import NotEnoughData
from otokui.frames import Batch, Bools, Floats, texts
from scoring.pair_models.uplift import UpliftModel, load_response
from training.promotion_gate import PairVerdict, paired_difference
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.effects import surprises
from training.uplift.uplift_model import LEAST_CONTACTED, LEAST_HELD, TrainedResponse, train_response

NEWEST = 0.25
"""Share of the contacts, the newest, that is held out."""


@dataclass(frozen=True, slots=True)
class ResponseVerdict(PairVerdict):
    """Verdict on a response model, with its effects on the newest contacts.

    By a model that has not seen them.

    shown: the rows and the effects (n,); None where there were too few, or no model that has not seen them.
    """

    shown: tuple[ContactRows, Floats] | None = None


def judge_response(
    rows: ContactRows, cells: Cells, trained: TrainedResponse, live: UpliftModel | None, *, seed: int = 0
) -> ResponseVerdict:
    """Return the verdict on a response model beside the live one.

    Beside the stated priors where none is live.

    rows: those it was trained on, with ``at`` and ``until``. It is judged as it is without the newest rows; beside a live model that
    has learnt from them, as it is with them, so that a shop that trains every week can promote at all.
    """
    if rows.at is None or rows.until is None:
        raise ValueError("the gate holds out the newest rows and needs to know when they were")
    begin = int(np.quantile(rows.at, 1.0 - NEWEST))
    newest = rows.at >= begin
    if not comparable(rows, newest):
        return ResponseVerdict(True, "too few contacts and held back are new to compare it with what decides now")
    held_out = rows.rows(newest)
    without = _without_newest(rows, begin, cells, trained, seed)
    unseen = live is None or live.manifest.trained_through <= begin
    if unseen and without is None:
        return ResponseVerdict(True, "too few contacts lie before the newest to learn from them alone")
    challenger = without if unseen and without is not None else load_response(trained.files)
    shown = None if without is None else (held_out, effects_on(without, held_out, cells))
    difference, low, high = difference_on(held_out, cells, challenger, live, seed=seed)
    beside = "the stated priors" if live is None else "the live model"
    interval = f"95% interval [{low:+.3%}, {high:+.3%}]"
    summary = f"loss on the newest {len(held_out):,} contacts {difference:+.3%} against {beside}, {interval}"
    worse = difference > 0.0 and low > 0.0
    return ResponseVerdict(not worse, f"worse beyond chance: {summary}" if worse else summary, shown)


def _without_newest(rows: ContactRows, begin: int, cells: Cells, trained: TrainedResponse, seed: int) -> UpliftModel | None:
    """Return the model of the contacts that were over by ``begin``; None where they are too few."""
    older, manifest = rows.rows(np.asarray(rows.until) <= begin), load_response(trained.files).manifest
    nothing = np.full(len(older), np.nan)
    try:
        return load_response(
            train_response(older, nothing, cells, fingerprint=manifest.fingerprint, train_through=Instant(begin), seed=seed).files
        )
    except NotEnoughData:
        return None


def difference_on(
    rows: ContactRows, cells: Cells, challenger: UpliftModel, other: UpliftModel | None, *, seed: int
) -> tuple[float, float, float]:
    """Return the challenger's relative loss difference, with its 95% interval over customers.

    Its loss minus the other's, as a share of the other's.
    """
    surprise, dose = surprises(rows, len(cells), seed=seed, room=True)
    losses = [(surprise - dose * effects_on(model, rows, cells)) ** 2 for model in (challenger, other)]
    difference, low, high = paired_difference(losses[0], losses[1], rows.customers, seed=seed)
    scale = float(losses[1].mean())
    return difference / scale, low / scale, high / scale


def comparable(rows: ContactRows, selected: Bools) -> bool:
    """Return whether enough selected rows were contacted, and enough held back, for comparison."""
    contacted = int((rows.contacted & selected).sum())
    return contacted >= LEAST_CONTACTED and int(selected.sum()) - contacted >= LEAST_HELD


def effects_on(model: UpliftModel | None, rows: ContactRows, cells: Cells) -> Floats:
    """Return the effect of each row's planned contact, (n,).

    For a candidate that the model does not know, the prior.
    """
    effects: Floats = cells.prior[rows.cell].copy()
    if model is None:
        return effects
    columns = model.columns(Batch(texts([str(place) for place in range(len(rows))]), rows.names, rows.matrix))
    known = {f"{cell.message_id}|{cell.channel}": cell for cell in model.manifest.cells}
    for place, name in enumerate(cells.names):
        there = rows.cell == place
        if name in known and there.any():
            effects[there] = known[name].base + columns[there] @ np.asarray(known[name].slopes)
    return effects
