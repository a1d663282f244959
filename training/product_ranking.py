"""Product ranking by LambdaMART (Burges 2010): which product a customer buys next.

Time runs forward: earlier cut-offs teach, the newest is held out for the number of rounds and for every figure; then
the ranking is fitted once more on all of them. Lists are judged by recall and NDCG (Jarvelin and Kekalainen 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from features.products.candidates import COLUMNS, ProductCandidates, RecommendationInputs, candidates
from features.products.lines import Lines
from features.products.looks import ProductViews
from otokui import __version__
from otokui.domain import DAY, Instant
from otokui.errors import NotEnoughData
from otokui.frames import Floats, Floats32, Ints
from otokui.ports.models import ModelFiles
from otokui.settings.training import Training
from scoring.model_files.manifest import digest_of
from scoring.pair_models.product_ranking import SHOWN, RankingManifest
from training.evaluation.product_lists import LEAST_CUSTOMERS, JudgedLists, Window, bought_within, drawn, judged_lists, returning

CUTOFFS = 4
LEAST_PRODUCTS = 10
PATIENCE = 30
HORIZONS = (90, 60, 28, 14)


@dataclass(frozen=True, slots=True)
class Shown:
    """Product candidates of one cut-off, and whether each was bought within the horizon.

    size (n,): candidates by customer.
    """

    cutoff: Instant
    values: Floats32
    bought: Ints
    size: Ints


@dataclass(frozen=True, slots=True)
class TrainedRanking:
    """Product ranking with recall and NDCG at 10 on the held-out cut-off.

    held_out: the lists they were counted on.
    """

    files: ModelFiles
    metrics: dict[str, float]
    held_out: JudgedLists


def train_ranking(lines: Lines, looks: ProductViews, settings: Training, *, train_through: Instant) -> TrainedRanking:
    """Train on what was known before ``train_through``.

    Raises:
        NotEnoughData: too few products, customers or days; says which.
    """
    seen = lines.before(train_through)
    if not seen.any() or len(np.unique(lines.product[seen])) < LEAST_PRODUCTS:
        raise NotEnoughData(
            f"fewer than {LEAST_PRODUCTS} products were bought", fix="bring orders with product_id; until then no products are named"
        )
    observed = (train_through - int(lines.at[seen].min())) / DAY
    horizon = next((days for days in HORIZONS if 5 * days <= observed), HORIZONS[-1])
    cutoffs = [Instant(train_through - k * horizon * DAY) for k in range(CUTOFFS, 0, -1) if observed - k * horizon >= horizon]
    shown = [part for at in cutoffs if (part := _shown(lines, looks, at, float(horizon), train_through, settings.seed)) is not None]
    if len(shown) < 2:
        raise NotEnoughData(
            f"{observed:.0f} days of history hold {len(shown)} windows of {horizon} days in which {LEAST_CUSTOMERS} customers returned; "
            "2 are needed",
            fix="bring older records, or wait",
        )
    learn, held_out = shown[:-1], shown[-1]
    rounds = _boost(learn, settings, settings.rounds, held_out).best_iteration or 1
    known = _boost(learn, settings, rounds)
    window = Window(held_out.cutoff, float(horizon), train_through)
    judged = judged_lists(lines, looks, window, lambda shortlist: _predicted(known, shortlist, settings), seed=settings.seed)
    final = _boost(shown, settings, rounds)
    text = str(final.model_to_string(num_iteration=rounds, importance_type="gain"))
    manifest = RankingManifest(
        columns=COLUMNS,
        cutoffs=tuple(part.cutoff for part in shown),
        trained_through=train_through,
        horizon_days=float(horizon),
        best_iteration=rounds,
        metrics=judged.figures(),
        sha256=digest_of(text),
        otokui_version=__version__,
    )
    return TrainedRanking(ModelFiles(manifest.model_dump_json(indent=1), text), judged.figures(), judged)


def _shown(lines: Lines, looks: ProductViews, cutoff: Instant, days: float, through: Instant, seed: int) -> Shown | None:
    who = returning(lines, cutoff, days, through)
    if len(who) < LEAST_CUSTOMERS:
        return None
    who = drawn(who, cutoff, seed)
    keys, size = bought_within(lines, cutoff, days, through), len(lines.products)
    parts = list(candidates(RecommendationInputs.at(lines, looks, cutoff), who))
    whose = np.concatenate([p.customer for p in parts])
    product = np.concatenate([p.product for p in parts])
    bought = np.isin(whose * size + product, keys).astype(np.int64)
    values: Floats32 = np.concatenate([p.values for p in parts])
    return Shown(cutoff, values, bought, np.unique(whose, return_counts=True)[1])


def _boost(parts: Sequence[Shown], settings: Training, rounds: int, held_out: Shown | None = None) -> lightgbm.Booster:
    params = {
        "objective": "lambdarank",
        "metric": "ndcg",
        "eval_at": [SHOWN],
        "lambdarank_truncation_level": 2 * SHOWN,
        "learning_rate": 0.05,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": 100,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 127,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": settings.threads,
        "verbosity": -1,
    }
    data = _dataset(parts, params)
    if held_out is None:
        return lightgbm.train(params, data, num_boost_round=rounds)
    stop: list[Callable[..., Any]] = [lightgbm.early_stopping(PATIENCE, verbose=False)]
    return lightgbm.train(params, data, num_boost_round=rounds, valid_sets=[_dataset([held_out], params, data)], callbacks=stop)


def _dataset(parts: Sequence[Shown], params: dict[str, object], reference: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        np.concatenate([p.values for p in parts]),
        label=np.concatenate([p.bought for p in parts]),
        group=np.concatenate([p.size for p in parts]),
        feature_name=list(COLUMNS),
        reference=reference,
        params=params,
    )


def _predicted(booster: lightgbm.Booster, shortlist: ProductCandidates, settings: Training) -> Floats:
    return np.asarray(booster.predict(shortlist.values, num_threads=settings.threads), dtype=np.float64)
