"""The models that score pairs: which products to name to whom, and what contact adds to whom. Trained, judged, and withdrawn.

Kept apart from the models of customers (``pipelines.model_training.train``): they need no MLflow, and the newest that was not withdrawn
speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from adapters.model_store.canary import canary
from adapters.shop_files.summary_files import read_batches
from decisions.candidates.message_affinity import MessageAffinities
from features import feature_names, fingerprint
from otokui.domain import Instant
from otokui.errors import BrokenModel, FeatureSetMismatch, Missing, NotEnoughData
from pipelines.model_training.uplift_rows import candidate_cells, contact_rows
from pipelines.shop.shop import Shop
from pipelines.summaries.product_lists import product_lines
from pipelines.summaries.purchase_table import purchases
from scoring.pair_models.uplift import UpliftModel, load_response
from training.product_ranking import train_ranking
from training.uplift.gate import judge_response
from training.uplift.uplift_model import train_response


class PairModel(StrEnum):
    """A kind of model that scores pairs."""

    PRODUCTS = "products"
    RESPONSE = "response"


def train_product_ranking(shop: Shop, train_through: Instant) -> Mapping[str, float] | str:
    """Learn which products to name and keep the ranking; return its figures, or why there is none."""
    try:
        trained = train_ranking(*product_lines(shop.records, train_through), shop.settings.training, train_through=train_through)
    except NotEnoughData as error:
        return error.detail
    shop.rankings.export(trained.files)
    return trained.metrics


def train_response_model(shop: Shop, train_through: Instant) -> tuple[Mapping[str, float] | str, str]:
    """Learn what contacts add and keep the response model; return its figures, or why there is none, and what the gate said.

    One that does not pass is kept and withdrawn at once, so that what decided before goes on deciding.
    """
    source, engine, small = shop.summariser
    cells = candidate_cells(shop.settings)
    try:
        leanings = MessageAffinities.compile(shop.settings.messages, feature_names(), shop.settings.predictions.horizons_days)
        bought = purchases(source, train_through)
        rows, after = contact_rows(source, engine, read_batches, leanings, bought, shop.settings, cells, train_through, anew=small)
        seed = shop.settings.training.seed
        trained = train_response(rows, after, cells, fingerprint=fingerprint(), train_through=train_through, seed=seed)
    except NotEnoughData as error:
        return error.detail, ""
    verdict = judge_response(rows, cells, trained, _live_response(shop, train_through), seed=seed)
    digest = shop.responses.export(trained.files, tries=canary)
    if not verdict.passed:
        shop.responses.withdraw(digest, train_through, who="the gate of otokui train", reason=verdict.says)
    return trained.metrics, verdict.says if verdict.passed else f"not promoted: {verdict.says}"


def roll_back_pair(shop: Shop, kind: PairModel, *, reason: str, now: Instant, who: str) -> str:
    """Withdraw the model of a kind that speaks now, so that the one before speaks again; return the digest of the one withdrawn.

    Raises:
        Missing: none speaks now.
    """
    folder = shop.responses if kind is PairModel.RESPONSE else shop.rankings
    digest = folder.speaking(now)
    if digest is None:
        raise Missing(f"no {kind} model is live", fix="run `otokui train` first")
    folder.withdraw(digest, now, who=who, reason=reason)
    return digest


def _live_response(shop: Shop, as_of: Instant) -> UpliftModel | None:
    """Return the response model that decides now; None where there is none, or none that this build can read."""
    files = shop.responses.newest(as_of)
    try:
        return None if files is None else load_response(files)
    except (BrokenModel, FeatureSetMismatch):
        return None
