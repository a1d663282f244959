"""Uplift model from logged contacts, as data that the service can check and read."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from otokui.domain import Instant
from otokui.errors import NotEnoughData
from otokui.frames import Floats
from otokui.ports.models import ModelFiles
from scoring.model_files.manifest import digest_of
from scoring.pair_models.base import BETWEEN
from scoring.pair_models.uplift import CellEffect, ResponseManifest, Standardisation
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.effects import Effects, learn_effects
from training.uplift.pseudo_outcomes import Ridge

LEAST_HELD, LEAST_CONTACTED = 50, 200
_KEPT_SPREAD = 0.25
"""How far the share that lasts is expected to lie from 1, before any data (standard deviation)."""
_MOST_KEPT = 1.25

FEATURES = (
    "recency_days", "overdue_ratio", "purchase_count", "purchases_per_year", "mean_order_value", "tenure_days",
    "discount_share", "new_arrival_share", "coupon_share", "ec_share", "app_open_share", "age_years",
    "visit_decay_14", "days_since_product_view", "days_since_cart_add",
)  # fmt: skip
"""What may bear on how a customer responds: rhythm, taste, and where they are at home. Few on purpose: effects are small,
and each column asks thousands of contacts for its proof. Nothing of earlier contacts is among them: who is in a control
group has had none, so such a column would tell the groups apart, and the comparison would no longer be one of equals."""


@dataclass(frozen=True, slots=True)
class TrainedResponse:
    """The files of a response model, and its figures."""

    files: ModelFiles
    metrics: dict[str, float]


def train_response(
    rows: ContactRows, after: Floats, cells: Cells, *, fingerprint: str, train_through: Instant, seed: int = 0
) -> TrainedResponse:
    """Learn the response model.

    rows: occasions with their outcome within the response days; after: (n,) the outcome in as many days after them, NaN
    where those are not over; cells: the candidates configured, named ``message_id|channel``.

    Raises:
        NotEnoughData: too few were contacted, or held back, to compare.
    """
    held, contacted = int((~rows.contacted).sum()), int(rows.contacted.sum())
    if held < LEAST_HELD or contacted < LEAST_CONTACTED:
        raise NotEnoughData(
            f"response: {contacted} contacts and {held} held back can be compared; {LEAST_CONTACTED} and {LEAST_HELD} are the least",
            fix="log contacts with those held back (group control or scenario_control), and wait until their response days are over",
        )
    effects = learn_effects(rows, cells, seed=seed, room=True)
    kept_effect = kept_share(rows, after, effects.pseudo)
    shares = {f"weight_{name.replace(' ', '_')}": weight for name, weight in effects.weights.items()}
    base = float(effects.pseudo.mean())
    metrics = {"contacted": contacted, "held_back": held, "uplift": base, "kept": kept_effect, "proved": effects.proved, **shares}
    text = BETWEEN.join(each.model_to_string() for each in (effects.outlook.response, effects.booster) if each is not None)
    manifest = _manifest(effects, cells, rows, kept_effect, text, metrics, fingerprint, train_through)
    return TrainedResponse(ModelFiles(manifest.to_json(), text), metrics)


def kept_share(rows: ContactRows, after: Floats, pseudo: Floats) -> float:
    """Return the share of the effect that lasts over as many days more.

    Below 1, purchases were only pulled forward.

    The effect on the time after is shrunk toward none, by the precision it is known with.
    """
    known = np.isfinite(after)
    effect = float(pseudo.mean())
    if known.sum() < LEAST_CONTACTED or effect <= 0.0:
        return 1.0
    chance, contacted = rows.chance[known], rows.contacted[known]
    y = after[known] - float(after[known].mean())
    later = np.where(contacted, y / chance, -y / (1.0 - chance))
    noise = float(later.var()) / len(later) / effect**2
    weight = _KEPT_SPREAD**2 / (_KEPT_SPREAD**2 + noise)
    return float(np.clip(1.0 + weight * float(later.mean()) / effect, 0.0, _MOST_KEPT))


def _manifest(
    effects: Effects,
    cells: Cells,
    rows: ContactRows,
    kept_effect: float,
    text: str,
    metrics: dict[str, float],
    fingerprint: str,
    through: Instant,
) -> ResponseManifest:
    outlook, each = effects.outlook, []
    standards = [Standardisation(centre=float(c), spread=float(s)) for c, s in zip(outlook.centres, outlook.spreads, strict=True)]
    for place, name in enumerate(cells.names):
        message_id, _, channel = name.partition("|")
        each.append(
            CellEffect(
                message_id=message_id,
                channel=channel,
                base=float(effects.base[place]),
                base_variance=float(max(effects.base_variance[place], 0.0)),
                slopes=tuple(map(float, effects.slopes[place])),
                slope_variances=tuple(float(max(v, 0.0)) for v in effects.slope_variances[place]),
            )
        )
    return ResponseManifest(
        features=effects.scale.names,
        knots=effects.scale.knots,
        ranks=effects.scale.ranks,
        without=_numbers(outlook.without),
        contacted=_numbers(outlook.contacted),
        centre=standards[0].centre,
        spread=standards[0].spread,
        response=None if outlook.response is None else standards[1],
        boosted=effects.booster is not None,
        cells=tuple(each),
        kept=kept_effect,
        of_late=0.0 if rows.of_late is None else float(rows.of_late[rows.contacted].mean()),
        fingerprint=fingerprint,
        trained_through=int(through),
        metrics=metrics,
        sha256=digest_of(text),
        otokui_version=version("otokui"),
    )


def _numbers(model: Ridge) -> tuple[float, ...]:
    return (float(model.intercept), *map(float, model.coefficients))
