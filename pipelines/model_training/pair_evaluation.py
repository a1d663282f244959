"""Evaluation of a pair model's champion and challenger on rows that neither learnt from.

Training judges a model on the day it is made, on rows held out then. This asks again with what has happened since the later of the two was
trained, and says how much that is: a few weeks of contacts may be too few to tell two good models apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from otokui.domain import DAY, Instant, PairModel, show_instant
from otokui.errors import BrokenModel, FeatureSetMismatch, NotEnoughData
from otokui.ports.models import ModelFiles
from otokui.wording.counting import counted
from pipelines.model_training.pair_models import response_rows, trial_of
from pipelines.shop.shop import Shop
from pipelines.summaries.product_lists import product_lines
from scoring.pair_models.product_ranking import SHOWN, Ranking, load_ranking
from scoring.pair_models.uplift import UpliftModel, load_response
from training.evaluation.product_lists import LEAST_CUSTOMERS, Window, difference_between, judged_lists, returning
from training.metrics import uplift_curve
from training.uplift.response_gate import comparable, difference_on, effects_on
from training.uplift.uplift_model import LEAST_CONTACTED, LEAST_HELD

CHALLENGER, CHAMPION = "challenger", "champion"
Registered = Mapping[str, tuple[int, ModelFiles]]
"""Version and files by alias."""


@dataclass(frozen=True, slots=True)
class PairEvaluation:
    """What a model of pairs came to since the later of its versions was trained.

    versions, figures: by alias; rows: which were judged, in words; difference: challenger minus champion of ``measure``, with its 95%
    interval, None where there are not two; why_not: why nothing is said, "" where something is.
    """

    name: PairModel
    versions: Mapping[str, int]
    rows: str = ""
    measure: str = ""
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    difference: tuple[float, float, float] | None = None
    why_not: str = ""


def evaluate_pair(shop: Shop, name: PairModel, there: Registered, through: Instant) -> PairEvaluation:
    """Evaluate registered versions on later records known before ``through``.

    Later than the training of each of them.
    """
    versions = {alias: version for alias, (version, _) in there.items()}
    if not there:
        return PairEvaluation(name, versions, why_not="no version is registered; run `otokui train`")
    try:
        if name is PairModel.RESPONSE:
            return _responses(shop, versions, {alias: load_response(files) for alias, (_, files) in there.items()}, through)
        threads = shop.settings.training.threads
        return _rankings(shop, versions, {alias: load_ranking(files, threads=threads) for alias, (_, files) in there.items()}, through)
    except NotEnoughData as error:
        return PairEvaluation(name, versions, why_not=f"not enough data: {error.detail}")
    except (BrokenModel, FeatureSetMismatch) as error:
        return PairEvaluation(name, versions, why_not=error.detail)


def _responses(shop: Shop, versions: Mapping[str, int], models: Mapping[str, UpliftModel], through: Instant) -> PairEvaluation:
    since = max(model.manifest.trained_through for model in models.values())
    cells, rows, _ = response_rows(shop, through)
    if rows.at is None:
        raise ValueError("contacts without the times they were made cannot be divided into seen and new")
    new = rows.at >= since
    unseen, contacted = rows.rows(new), int((rows.contacted & new).sum())
    held = len(unseen) - contacted
    judged_on = f"{counted(contacted, 'contact')} and {held:,} held back, made since {show_instant(since)}, their response days over"
    if not comparable(rows, new):
        raise NotEnoughData(f"{judged_on}; {LEAST_CONTACTED} and {LEAST_HELD} are the least", fix="wait, or log who was held back")
    seed, effects = shop.settings.training.seed, {alias: effects_on(model, unseen, cells) for alias, model in models.items()}
    figures: dict[str, Mapping[str, float]] = {}
    for alias, effect_of_rows in effects.items():
        trial, effect = trial_of(unseen, effect_of_rows)
        lifts = trial.lifts()
        [(low, high)] = uplift_curve.qini_interval((effect,), lifts, unseen.customers, seed=seed)
        figures[alias] = {"qini": uplift_curve.qini(effect, lifts), "qini_low": low, "qini_high": high, "said": float(effect.mean())}
    both = {CHAMPION, CHALLENGER} <= models.keys()
    difference = difference_on(unseen, cells, models[CHALLENGER], models[CHAMPION], seed=seed) if both else None
    return PairEvaluation(
        PairModel.RESPONSE, versions, judged_on, "loss, relative (below 0 = the challenger is better)", figures, difference
    )


def _rankings(shop: Shop, versions: Mapping[str, int], models: Mapping[str, Ranking], through: Instant) -> PairEvaluation:
    since = Instant(max(model.manifest.trained_through for model in models.values()))
    days = min((through - since) / DAY, *(model.manifest.horizon_days for model in models.values()))
    lines, looks = product_lines(shop.records, through)
    window = Window(since, days, through)
    customers = returning(lines, since, days, through) if days > 0.0 else ()
    judged_on = f"{counted(len(customers), 'customer')} who bought again in the {max(days, 0.0):.0f} days from {show_instant(since)} on"
    if len(customers) < LEAST_CUSTOMERS:
        raise NotEnoughData(f"{judged_on}; {LEAST_CUSTOMERS} are the least", fix="wait")
    seed = shop.settings.training.seed
    lists = {alias: judged_lists(lines, looks, window, model.scores, seed=seed) for alias, model in models.items()}
    both = {CHAMPION, CHALLENGER} <= models.keys()
    difference = difference_between(lists[CHALLENGER], lists[CHAMPION], seed=seed) if both else None
    figures = {alias: each.figures() for alias, each in lists.items()}
    measure = f"NDCG at {SHOWN} (above 0 = the challenger is better)"
    return PairEvaluation(PairModel.PRODUCTS, versions, judged_on, measure, figures, difference)
