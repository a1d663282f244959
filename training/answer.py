"""From logged contacts to the chance that one is answered: counts first, then small trees on what was known of the customer at sending.

Contacts are few and answers fewer, so nothing is held out for good: thirds of the customers are left out in turn for the number of
rounds, for the calibration and for every figure, and the final fit is on everybody (cross-fitting). A customer's contacts stay in one
third, else their habits would be learnt on one contact and judged on the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import lightgbm
import numpy as np

from otokui import __version__
from otokui.domain import Instant
from otokui.errors import NotEnoughData
from otokui.frames import Batch, Bools, Floats, Texts
from otokui.ports import ModelFiles
from otokui.settings import Training
from scoring.answer import RATE, AnswerManifest, Share, message_rates, start, widened
from scoring.calibration import Affine, sigmoid
from scoring.inputs import inputs_of
from scoring.manifest import digest_of
from scoring.rhythm import EXTRA, Rhythm
from training import boost, measures
from training.calibrate import calibrate_chance
from training.dataset import customer_groups

LEAST_SENT, LEAST_ANSWERED = 200, 30
STRENGTH = 150.0
"""Contacts that the share answered of all messages is worth beside a message's own."""
OWN_SHAPE = 0.5
"""Answers that the expected ones are worth beside a customer's own: the gamma of answering is wide, most never do."""
_PARTS = 3
_PARAMS: Mapping[str, str | int | float | bool] = {
    "objective": "binary", "metric": "binary_logloss", "learning_rate": 0.03, "num_leaves": 6, "min_data_in_leaf": 20,
    "min_sum_hessian_in_leaf": 1.0, "lambda_l2": 50.0, "feature_fraction": 0.3, "bagging_fraction": 0.7, "bagging_freq": 1,
    "max_bin": 63, "cat_smooth": 30.0, "cat_l2": 30.0, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnswerRows:
    """``n`` contacts whose answering days are over.

    vectors: of the customers as they stood when each was sent, (n, F); messages (n,) ids; more: further columns (n,) of what the message
    offers to this customer; answered (n,) whether it was, within the window.
    """

    vectors: Batch
    messages: Texts
    more: Mapping[str, Floats]
    answered: Bools

    def rows(self, kept: Bools) -> AnswerRows:
        """Return some of the contacts."""
        more = {name: column[kept] for name, column in self.more.items()}
        return AnswerRows(self.vectors.rows(kept), self.messages[kept], more, self.answered[kept])

    def __len__(self) -> int:
        return len(self.answered)


@dataclass(frozen=True, slots=True)
class TrainedAnswer:
    """The files of an answer model, its figures on customers left out in turn, and what it looks at (gain by column)."""

    files: ModelFiles
    metrics: dict[str, float]
    gains: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Counts:
    usual: float
    messages: tuple[Share, ...]

    @classmethod
    def of(cls, rows: AnswerRows) -> _Counts:
        usual = float((rows.answered.sum() + 0.5) / (len(rows) + 1.0))
        shares = []
        for message in np.unique(rows.messages.astype(str)):
            there = rows.messages == message
            shares.append(Share(message_id=str(message), sent=float(there.sum()), answered=float(rows.answered[there].sum())))
        return cls(usual, tuple(shares))

    def prepared(self, rows: AnswerRows, rhythm: Rhythm) -> boost.Examples:
        rates = message_rates(self.messages, self.usual, STRENGTH, rows.messages)
        wide = widened(rows.vectors, rates, rows.more)
        offset = start(rows.vectors, rates, self.usual, OWN_SHAPE)
        return boost.Examples(inputs_of(wide, rhythm, wide.names).matrix, rows.answered.astype(np.float64), offset)


def enough(sent: int, answered: int, window_days: float) -> None:
    """Refuse what cannot be learnt from.

    Raises:
        NotEnoughData: fewer than 200 contacts, or fewer than 30 that were answered, or that were not.
    """
    if sent < LEAST_SENT or min(answered, sent - answered) < LEAST_ANSWERED:
        raise NotEnoughData(
            f"answers: {answered} of {sent} contacts whose {window_days:g} days are over were answered; {LEAST_SENT} contacts, and "
            f"{LEAST_ANSWERED} of either kind, are the least",
            fix="log contacts with converted_at, or wait until more have been sent",
        )


def train_answer(
    rows: AnswerRows, rhythm: Rhythm, settings: Training, *, window_days: float, fingerprint: str, train_through: Instant
) -> TrainedAnswer:
    """Learn the answer model from contacts known before ``train_through``.

    Raises:
        NotEnoughData: fewer than 200 contacts, or fewer than 30 that were answered, or that were not.
    """
    answered = int(rows.answered.sum())
    enough(len(rows), answered, window_days)
    params = {**_PARAMS, "seed": settings.seed}
    part = customer_groups(rows.vectors) % _PARTS
    score, counted = np.zeros(len(rows)), np.zeros(len(rows))
    judged: list[tuple[Bools, boost.Examples, boost.Boosted]] = []
    for left_out in range(_PARTS):
        held, seen = part == left_out, part != left_out
        if not rows.answered[seen].any() or not held.any():
            continue
        counts = _Counts.of(rows.rows(seen))
        learn, judge = counts.prepared(rows.rows(seen), rhythm), counts.prepared(rows.rows(held), rhythm)
        judged.append((held, judge, boost.boost(learn, _names(rows), params, settings.rounds, judge)))
    rounds = [found.rounds for _, _, found in judged]
    for k, (held, judge, found) in enumerate(judged):
        assert judge.offset is not None
        # As many rounds as the other parts wanted: a part's own were chosen on the very rows that it judges.
        others = rounds[:k] + rounds[k + 1 :] or rounds
        raw = found.booster.predict(judge.matrix, raw_score=True, num_iteration=max(1, round(float(np.mean(others)))))
        score[held], counted[held] = np.asarray(raw, dtype=np.float64) + judge.offset, judge.offset
    truth = rows.answered.astype(np.float64)
    calibration, by_counts = calibrate_chance(score, truth), calibrate_chance(counted, truth)
    gained = _losses(by_counts, counted, truth) - _losses(calibration, score, truth)
    counts = _Counts.of(rows)
    whole = counts.prepared(rows, rhythm)
    # A gain within two standard errors is none.
    if gained.mean() > 2.0 * gained.std() / np.sqrt(len(gained)):
        final = boost.bagged(whole, _names(rows), params, [max(1, round(float(np.mean(rounds))))] * settings.bags)
    else:
        # The counts alone say as much: the booster keeps still, and the calibration is theirs.
        final, calibration, score = boost.silent(_names(rows), params), by_counts, counted
    chance = sigmoid(calibration.apply(score))
    metrics = {
        "contacts": float(len(rows)),
        "answered": float(answered),
        "auc": measures.auc(chance, truth),
        "auc_by_counts": measures.auc(counted, truth),
        "log_loss": measures.log_loss(chance, truth),
        "calibration_error": measures.calibration_error(chance, truth),
        "rounds": float(final.rounds),
    }
    text = boost.text_of(final)
    manifest = AnswerManifest(
        features=rows.vectors.names,
        more=tuple(rows.more),
        messages=counts.messages,
        usual=counts.usual,
        strength=STRENGTH,
        own_shape=OWN_SHAPE,
        window_days=window_days,
        rhythm=rhythm,
        calibration=calibration,
        best_iteration=final.rounds,
        params=params,
        fingerprint=fingerprint,
        trained_through=train_through,
        metrics=metrics,
        sha256=digest_of(text),
        otokui_version=__version__,
    )
    return TrainedAnswer(ModelFiles(manifest.to_json(), text), metrics, _gains(text, (*_names(rows), *EXTRA)))


def _names(rows: AnswerRows) -> tuple[str, ...]:
    return (*rows.vectors.names, RATE, *rows.more)


def _losses(calibration: Affine, score: Floats, truth: Floats) -> Floats:
    return measures.log_losses(sigmoid(calibration.apply(score)), truth)


def _gains(text: str, names: tuple[str, ...]) -> dict[str, float]:
    gains = lightgbm.Booster(model_str=text).feature_importance(importance_type="gain")
    found = {name: float(gain) for name, gain in zip(names, gains, strict=True) if gain > 0.0}
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))
