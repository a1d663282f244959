"""The gate of the response model: it takes the place of what decides now only if it is not worse on the newest contacts.

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
from training.promotion import paired_difference
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.effects import surprises
from training.uplift.uplift_model import LEAST_CONTACTED, LEAST_HELD, TrainedResponse, train_response

NEWEST = 0.25
"""Share of the contacts, the newest, that is held out."""


@dataclass(frozen=True, slots=True)
class ResponseVerdict:
    """Whether a response model passes, and why."""

    passed: bool
    says: str


def judge_response(
    rows: ContactRows, cells: Cells, trained: TrainedResponse, live: UpliftModel | None, *, seed: int = 0
) -> ResponseVerdict:
    """Return the verdict on a trained response model beside the live one, or beside the stated priors where none is live.

    rows: those it was trained on, with ``at`` and ``until``. It is judged as it is without the newest rows; beside a live model that
    has learnt from them, as it is with them, so that a shop that trains every week can promote at all.
    """
    if rows.at is None or rows.until is None:
        raise ValueError("the gate holds out the newest rows and needs to know when they were")
    begin = int(np.quantile(rows.at, 1.0 - NEWEST))
    newest = rows.at >= begin
    if not _comparable(rows, newest):
        return ResponseVerdict(True, "too few contacts and held back are new to compare it with what decides now")
    held_out = rows.rows(newest)
    challenger = load_response(trained.files)
    if live is None or live.manifest.trained_through <= begin:
        try:
            older = rows.rows(rows.until <= begin)
            known = train_response(
                older, np.full(len(older), np.nan), cells,
                fingerprint=challenger.manifest.fingerprint, train_through=Instant(begin), seed=seed,
            )  # fmt: skip
        except NotEnoughData:
            return ResponseVerdict(True, "too few contacts lie before the newest to learn from them alone")
        challenger = load_response(known.files)
    surprise, dose = surprises(held_out, len(cells), seed=seed, room=True)
    losses = [(surprise - dose * effect) ** 2 for effect in (_effects(challenger, held_out, cells), _effects(live, held_out, cells))]
    difference, low, high = paired_difference(losses[0], losses[1], held_out.customers, seed=seed)
    scale = float(losses[1].mean())
    beside = "the stated priors" if live is None else "the live model"
    interval = f"95% interval [{low / scale:+.3%}, {high / scale:+.3%}]"
    told = f"loss on the newest {len(held_out):,} contacts {difference / scale:+.3%} against {beside}, {interval}"
    worse = difference > 0.0 and low > 0.0
    return ResponseVerdict(not worse, f"worse beyond chance: {told}" if worse else told)


def _comparable(rows: ContactRows, kept: Bools) -> bool:
    contacted = int((rows.contacted & kept).sum())
    return contacted >= LEAST_CONTACTED and int(kept.sum()) - contacted >= LEAST_HELD


def _effects(model: UpliftModel | None, rows: ContactRows, cells: Cells) -> Floats:
    """Return the effect of what was meant for each row, (n,); of a candidate the model does not know, what is stated."""
    found: Floats = cells.prior[rows.cell].copy()
    if model is None:
        return found
    columns = model.columns(Batch(texts([str(place) for place in range(len(rows))]), rows.names, rows.matrix))
    known = {f"{cell.message_id}|{cell.channel}": cell for cell in model.manifest.cells}
    for place, name in enumerate(cells.names):
        there = rows.cell == place
        if name in known and there.any():
            found[there] = known[name].base + columns[there] @ np.asarray(known[name].slopes)
    return found
