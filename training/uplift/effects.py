"""Treatment effects of contacts: a hierarchy, and differences between customers where proved.

The effect of cell k on customer x is ``base_k + z(x)'b_k``, times the reach of the occasion (how well the message was
stated to fit the customer) where that is known. ``base_k`` is the sum of what the cell shares with others
(all, its scenario, its channel) and of its own, so a new message starts from what is known of its kind. ``z`` holds the
customer's outlook (an effect that grows with the chance of buying anyway, or if contacted), the features by rank, and what
LightGBM found beyond them. Several such models stand side by side, from "the same for everybody" upwards, and are averaged by
their evidence (Hoeting et al. 1999): a difference between customers that the data do not prove carries no weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np

from otokui.frames import Floats, Ints
from scoring.pair_models.uplift import Scale
from training.uplift.boosted_residual import boosted_beyond
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.design import DesignLayout, layout_of
from training.uplift.empirical_bayes import Moments, Posterior, fit
from training.uplift.feature_scale import learn_scale
from training.uplift.prognosis import PrognosticModel, learn_outlook
from training.uplift.pseudo_outcomes import Pseudo, fold_of, pseudo_outcomes

FOLDS, REPEATS = 5, 3
_OCCAM = 0.5
"""Log evidence that a fitted variance gains by being fitted, on average, where there is nothing to find."""
_CHUNK = 50_000
_LEAST_ROOM = 0.05


@dataclass(frozen=True, slots=True)
class Effects:
    """Learnt treatment effects, by cell and by customer column.

    ``q`` customer columns: the prognosis, the features, LightGBM's.

    base, base_variance: (K,); slopes, slope_variances: (K, q); weights: of the models averaged, by name; fold, pseudo: (n,) of the rows
    learnt from, for the judge.
    """

    scale: Scale
    outlook: PrognosticModel
    booster: lightgbm.Booster | None
    base: Floats
    base_variance: Floats
    slopes: Floats
    slope_variances: Floats
    weights: dict[str, float]
    proved: float
    pseudo: Floats
    fold: Ints

    def columns(self, names: tuple[str, ...], matrix: Floats) -> Floats:
        """Return the customer columns z(x), (n, q)."""
        scaled = self.scale.apply(names, matrix)
        boosted = np.zeros(len(matrix)) if self.booster is None else np.asarray(self.booster.predict(scaled, num_threads=1))
        return np.column_stack([self.outlook.columns(scaled), scaled, boosted])

    def mean(self, columns: Floats) -> Floats:
        """Return the effects expected, (n, K)."""
        expected: Floats = self.base + columns @ self.slopes.T
        return expected

    def deviation(self, columns: Floats) -> Floats:
        """Return the standard deviations of the effects, (n, K)."""
        spread: Floats = np.sqrt(self.base_variance + columns**2 @ self.slope_variances.T)
        return spread


def learn_effects(rows: ContactRows, cells: Cells, *, seed: int = 0, boost: bool = True, room: bool = False) -> Effects:
    """Learn what the cells add to the outcome.

    room: whether the outcome is a chance of which a contact can only move what is left: effects are then those on customers
    who would do nothing without it.

    rows: every cell with rows needs both contacted and held back, or it keeps what it shares with others.
    """
    scale = learn_scale(rows.names, rows.matrix)
    scaled = scale.apply(rows.names, rows.matrix)
    pseudo, fold = _pseudo(rows, scaled, len(cells), seed)
    outlook, prognosis = learn_outlook(rows, scaled, pseudo, fold, seed, boost=boost)
    columns = np.column_stack([prognosis, scaled, np.zeros(len(rows))])
    target, weight, alone = _residuals(rows, pseudo, room)
    target -= cells.prior[rows.cell]
    layout = layout_of(cells, len(outlook), columns.shape[1], _size(pseudo.effect, cells))
    linear = _posterior(layout, "both", columns, rows.cell, target, weight, alone)
    booster, beyond = None, None
    if boost:
        base, slopes, _, _ = layout.collapse("both", linear)
        rest = target - base[rows.cell] - (columns * slopes[rows.cell]).sum(axis=1)
        booster, beyond = boosted_beyond(scaled, rest, weight * alone, fold, seed)
    if beyond is not None:
        columns[:, -1] = beyond
    moments = _moments(layout, columns, rows.cell, target, weight, alone)
    names = [name for name in layout.models if beyond is not None or "boosted" not in name]
    fits = {name: fit(moments.subset(layout.columns(name)), layout.groups(name)) for name in names}
    return _averaged(layout, cells, fits, scale, outlook, booster, pseudo.effect, fold)


def _averaged(
    layout: DesignLayout,
    cells: Cells,
    fits: dict[str, Posterior],
    scale: Scale,
    outlook: PrognosticModel,
    booster: lightgbm.Booster | None,
    pseudo: Floats,
    fold: Ints,
) -> Effects:
    evidence = np.array([posterior.evidence - _OCCAM * layout.shrunk(name) for name, posterior in fits.items()])
    weights = np.exp(evidence - evidence.max())
    weights /= weights.sum()
    parts = [layout.collapse(name, posterior) for name, posterior in fits.items()]
    base, slopes = (np.tensordot(weights, np.array([part[i] for part in parts]), 1) for i in (0, 1))
    base_variance = np.tensordot(weights, np.array([part[2] + (part[0] - base) ** 2 for part in parts]), 1)
    slope_variances = np.tensordot(weights, np.array([part[3] + (part[1] - slopes) ** 2 for part in parts]), 1)
    named = {name: float(w) for name, w in zip(fits, weights, strict=True)}
    return Effects(
        scale, outlook, booster, base + cells.prior, base_variance, slopes, slope_variances, named,
        1.0 - named["same for all"], pseudo, fold,
    )  # fmt: skip


def _pseudo(rows: ContactRows, scaled: Floats, cells: int, seed: int) -> tuple[Pseudo, Ints]:
    """Return pseudo-outcomes averaged over several divisions into folds, and the first division."""
    parts = [scaled, np.eye(cells)[rows.cell]] if cells > 1 else [scaled]
    design = np.column_stack(parts)
    folds = [fold_of(rows.customers, FOLDS, seed + repeat) for repeat in range(REPEATS)]
    repetitions = [pseudo_outcomes(design, rows.contacted, rows.chance, rows.outcome, fold) for fold in folds]
    mean = [np.mean([getattr(each, part) for each in repetitions], axis=0) for part in ("effect", "without", "contacted")]
    return Pseudo(*mean), folds[0]


def surprises(rows: ContactRows, cells: int, *, seed: int = 0, room: bool = False) -> tuple[Floats, Floats]:
    """Return residuals of outcome and of contact (residual on residual), (n,) each.

    The contact's is times its reach.
    """
    pseudo, _ = _pseudo(rows, learn_scale(rows.names, rows.matrix).apply(rows.names, rows.matrix), cells, seed)
    return _surprises(rows, pseudo, room)


def _surprises(rows: ContactRows, pseudo: Pseudo, room: bool) -> tuple[Floats, Floats]:
    reach = np.ones(len(rows)) if rows.reach is None else rows.reach
    if room:
        reach = reach * np.clip(1.0 - pseudo.without, _LEAST_ROOM, 1.0)
    expected = rows.chance * pseudo.contacted + (1.0 - rows.chance) * pseudo.without
    return rows.outcome - expected, (rows.contacted - rows.chance) * reach


def _residuals(rows: ContactRows, pseudo: Pseudo, room: bool) -> tuple[Floats, Floats, Floats]:
    """Return what each row says of the effect at reach 1, the weight of its word, of mean 1, and how far it speaks for itself; (n,) each.

    The outcome beyond what was expected, over the contact beyond what was expected (Robinson, Econometrica 1988; Nie and Wager,
    Biometrika 2021). Beside the doubly robust pseudo-outcome, whose mean is the same, its noise is alike for all rows: where few
    are held back, each of those few would else count as a discovery.
    """
    surprise, dose = _surprises(rows, pseudo, room)
    weight = dose**2
    return surprise / dose, weight / weight.mean(), _alone(surprise, rows.customers)


def _alone(surprise: Floats, customers: Ints) -> Floats:
    """Return how far each row speaks for itself, (n,) in (0, 1]: rows of one customer say partly the same.

    It is one over the design effect (Kish, Survey Sampling 1965), by the correlation of surprises within customers.
    """
    _, code, count = np.unique(customers, return_inverse=True, return_counts=True)
    pairs = float((count * (count - 1.0)).sum())
    if pairs == 0.0:
        return np.ones(len(surprise))
    off = surprise - surprise.mean()
    together = float((np.bincount(code, weights=off) ** 2).sum() - (off**2).sum()) / pairs
    correlation = float(np.clip(together / max(float(off.var()), 1e-12), 0.0, 1.0))
    return np.asarray(1.0 / (1.0 + (count[code] - 1.0) * correlation), dtype=np.float64)


def _size(effect: Floats, cells: Cells) -> float:
    """Return how large effects are at all, which variances start from: what was assumed and what is seen, by how sure each is."""
    prior, spread = float(np.abs(cells.prior).mean()), float(cells.spread.mean())
    seen, noise = abs(float(effect.mean())), float(effect.std()) / np.sqrt(len(effect))
    if not np.isfinite(spread):
        return float(max(seen, noise))
    return float((prior / spread**2 + seen / noise**2) / (1.0 / spread**2 + 1.0 / noise**2))


def _moments(layout: DesignLayout, columns: Floats, cell: Ints, target: Floats, weight: Floats, alone: Floats) -> Moments:
    total: Moments | None = None
    for start in range(0, len(target), _CHUNK):
        some = slice(start, start + _CHUNK)
        part = Moments.of(layout.design(columns[some], cell[some]), target[some], weight[some], alone[some])
        total = part if total is None else total.plus(part)
    if total is None:
        raise ValueError("no rows")
    return total


def _posterior(layout: DesignLayout, name: str, columns: Floats, cell: Ints, target: Floats, weight: Floats, alone: Floats) -> Posterior:
    return fit(_moments(layout, columns, cell, target, weight, alone).subset(layout.columns(name)), layout.groups(name))
