"""Training of the pair models: product ranking and uplift of contacts.

Trained, judged, with figures and pictures.

Kept apart from the models of customers (``pipelines.model_training.train``): they learn from other rows and are judged otherwise.
What becomes of them is the same for both kinds (``pipelines.model_training.pair_registration``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adapters.shop_files.summary_files import read_batches
from decisions.candidates.message_affinity import MessageAffinities
from features import feature_names, fingerprint
from otokui.domain import Instant, PairModel
from otokui.errors import BrokenModel, FeatureSetMismatch
from otokui.frames import Floats
from otokui.ports.models import ModelFiles
from pipelines.model_training.uplift_rows import candidate_cells, contact_rows
from pipelines.shop.shop import Shop
from pipelines.summaries.product_lists import product_lines
from pipelines.summaries.purchase_table import purchases
from scoring.pair_models.product_ranking import Ranking, load_ranking
from scoring.pair_models.uplift import UpliftModel, load_response
from training.evaluation.product_lists import judge_ranking
from training.metrics import plots, uplift_curve
from training.product_ranking import train_ranking
from training.promotion_gate import PairVerdict
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.response_gate import judge_response
from training.uplift.uplift_model import train_response


@dataclass(frozen=True, slots=True)
class TrainedPair:
    """A model of pairs, with all that a data scientist compares it by.

    figures: of rows its own training held out; data_digest: of what was learnt from; plots: PNG by file name.
    """

    name: PairModel
    files: ModelFiles
    figures: Mapping[str, float]
    params: Mapping[str, object]
    plots: Mapping[str, bytes]
    data_digest: str
    rows: int
    verdict: PairVerdict


def train_pair(shop: Shop, name: PairModel, train_through: Instant) -> TrainedPair:
    """Train a pair model and judge it beside the live one.

    From what was known before ``train_through``.

    Raises:
        NotEnoughData: it cannot be learnt; says what is missing.
    """
    return _trained_response(shop, train_through) if name is PairModel.RESPONSE else _trained_ranking(shop, train_through)


def response_rows(shop: Shop, through: Instant) -> tuple[Cells, ContactRows, Floats]:
    """Return candidate cells, contact rows, and outcomes in the days after the response days.

    Raises:
        NotEnoughData: no contact can be compared with anybody held back.
    """
    source, engine, small = shop.summariser
    cells = candidate_cells(shop.settings)
    leanings = MessageAffinities.compile(shop.settings.messages, feature_names(), shop.settings.predictions.horizons_days)
    bought = purchases(source, through)
    return cells, *contact_rows(source, engine, read_batches, leanings, bought, shop.settings, cells, through, anew=small)


def trial_of(rows: ContactRows, effect: Floats) -> tuple[uplift_curve.Trial, Floats]:
    """Return contact rows as a trial, with the predicted uplift of each row.

    The uplift counts with how well the message was stated to fit.
    """
    reach = np.ones(len(rows)) if rows.reach is None else rows.reach
    return uplift_curve.Trial(rows.outcome, rows.contacted, rows.chance), effect * reach


def _trained_ranking(shop: Shop, train_through: Instant) -> TrainedPair:
    lines, looks = product_lines(shop.records, train_through)
    settings = shop.settings.training
    trained = train_ranking(lines, looks, settings, train_through=train_through)
    ranking = load_ranking(trained.files, threads=settings.threads)
    manifest, held_out = ranking.manifest, trained.held_out
    recall, ndcg = held_out.by_place()
    by_place = {f"{name}_at_{k}": float(each[k - 1]) for name, each in (("recall", recall), ("ndcg", ndcg)) for k in (1, 3, 5)}
    live = _live(shop, PairModel.PRODUCTS, train_through)
    seen = lines.before(train_through)
    return TrainedPair(
        PairModel.PRODUCTS,
        trained.files,
        by_place | trained.metrics,
        {
            "rounds": manifest.best_iteration,
            "horizon_days": manifest.horizon_days,
            "cutoffs": len(manifest.cutoffs),
            "columns": len(manifest.columns),
        },
        {"products_by_place.png": plots.by_place(recall, ndcg, f"products: lists of {len(held_out.customers):,} held-out customers")},
        _digest(each[seen] for each in (lines.customer, lines.product, lines.at, lines.price)),
        int(seen.sum()),
        judge_ranking(lines, looks, held_out, ranking, live if isinstance(live, Ranking) else None, seed=settings.seed),
    )


def _trained_response(shop: Shop, train_through: Instant) -> TrainedPair:
    cells, rows, after = response_rows(shop, train_through)
    seed = shop.settings.training.seed
    trained = train_response(rows, after, cells, fingerprint=fingerprint(), train_through=train_through, seed=seed)
    live = _live(shop, PairModel.RESPONSE, train_through)
    verdict = judge_response(rows, cells, trained, live if isinstance(live, UpliftModel) else None, seed=seed)
    figures, pictures = dict(trained.metrics), {}
    if verdict.shown is not None:
        trial, effect = trial_of(*verdict.shown)
        lifts = trial.lifts()
        [(low, high)] = uplift_curve.qini_interval((effect,), lifts, verdict.shown[0].customers, seed=seed)
        figures |= {"qini": uplift_curve.qini(effect, lifts), "qini_low": low, "qini_high": high, "judged_rows": float(len(effect))}
        pictures = {
            "response_by_part.png": plots.uplift_by_part(*uplift_curve.by_part(effect, trial), "response: newest contacts, held out"),
            "response_qini.png": plots.qini_curve(*uplift_curve.curve(effect, lifts), "response: newest contacts, held out"),
        }
    return TrainedPair(
        PairModel.RESPONSE,
        trained.files,
        figures,
        {"candidates": len(cells), "features": len(rows.names), "seed": seed},
        pictures,
        _digest((rows.matrix, rows.cell, rows.contacted, rows.outcome, rows.chance)),
        len(rows),
        PairVerdict(verdict.passed, verdict.says),
    )


def _live(shop: Shop, name: PairModel, as_of: Instant) -> UpliftModel | Ranking | None:
    """Return the model that decides as of an instant; None where there is none, or none that this build can read."""
    files = shop.pair_folder(name).newest(as_of)
    try:
        if files is None:
            return None
        return load_response(files) if name is PairModel.RESPONSE else load_ranking(files, threads=shop.settings.training.threads)
    except (BrokenModel, FeatureSetMismatch):
        return None


def _digest(parts: Iterable[np.ndarray[Any, Any]]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
