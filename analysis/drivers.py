"""Drivers of a prediction over the whole base, with direction and threshold.

And, for each customer, the one that a contact could ask for.

SHAP values (Lundberg, Erion and Lee 2018) say how far each feature moved each customer; over the base they say where, along
a feature, the push changes sides. That place is found as the one split of the values that tells low pushes from
high ones best (a regression stump), so a driver becomes a yes-or-no question that a person can ask of a customer.
Kept apart from `scoring.model_files.shap`, which speaks of one customer and needs no base. These are associations the model
found: they say whom to look at, not what a change would cause. The gain of asking for a missing one ranks whom to ask, and
promises nothing: only a test against control says what asking brings.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from sklearn.metrics import matthews_corrcoef

from otokui.frames import Bools, Floats, Ints
from scoring.base_models.calibration import logit, sigmoid

MOST_FACTORS = 12
LEAST_SHARE_OF_PUSH = 0.01
"""A feature that moves customers by less than so much of all pushes together is no factor worth a line."""
LEAST_SIDE = 0.03
"""Either side of a threshold holds at least this share of the customers."""
LEAST_CUSTOMERS = 50
SAME = 0.75
"""Two questions whose answers agree this far (phi coefficient) are one; the stronger is kept."""
CUTS = 48
LEAST_DIFFERENCE = 0.10
LEAST_RATIO = 1.5
"""Those of a kind have a factor in ten of a hundred more than the rest, or half as often again: 28% against 26% is no difference that a
team would act on, however many customers prove it, and 8% against 3% is one."""
LEAST_ERRORS = 3.0
"""And the difference is so many standard errors: beyond chance (1 in 700) also where some hundred features are asked at once."""


class ThresholdSide(StrEnum):
    """Side of a driver's threshold: at least, below, or nothing on record."""

    HIGH = "high"
    LOW = "low"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Driver:
    """Driver: a feature with a threshold that customers of a kind share.

    side and threshold (NaN where unknown); push: mean contribution of customers who have it less that of the rest, in the model's log
    odds; share_of_push: of all features' mean absolute pushes; among, elsewhere: the share that has it among the kind and among everybody
    else.


    """

    feature: str
    side: ThresholdSide
    threshold: float
    push: float
    share_of_push: float
    among: float
    elsewhere: float

    def has(self, values: Floats) -> Bools:
        """Return who has it, from the values of the feature, shape (n,)."""
        if self.side is ThresholdSide.UNKNOWN:
            return np.isnan(values)
        with np.errstate(invalid="ignore"):
            return values >= self.threshold if self.side is ThresholdSide.HIGH else values < self.threshold


def shared_factors(
    names: tuple[str, ...],
    values: Floats,
    pushes: Floats,
    belongs: Floats,
    *,
    of: Bools | None = None,
    without: Collection[str] = (),
    most: int = MOST_FACTORS,
) -> tuple[Driver, ...]:
    """Return the factors of a kind of customer, the strongest first.

    names (F,); values and pushes (n, F), as ``scoring.model_files.shap.contributions`` returns them; belongs (n,): how far each customer
    is of the kind, 0 to 1; of (n,): of whose pushes the questions are made, everybody by default (of customers who are loyal already the
    model learns the rule itself); without: features that make no question (codes without order).

    A factor is kept only if it raises the prediction and those of the kind have it more often than the rest, by a difference that a
    reader would call one and that is beyond chance: what only corrects another factor is not shared. Empty where the model moves nobody
    or fewer than LEAST_CUSTOMERS are there.
    """
    population = np.ones(len(values), dtype=np.bool_) if of is None else of
    if int(population.sum()) < LEAST_CUSTOMERS or not np.abs(pushes[population]).sum() > 0.0:
        return ()
    total = np.abs(pushes[population]).mean(axis=0)
    weight = total / total.sum()
    factors: list[tuple[Driver, Bools]] = []
    for column in np.argsort(-weight, kind="stable"):
        if weight[column] < LEAST_SHARE_OF_PUSH or len(factors) == most:
            break
        if names[column] in without:
            continue
        factor = _question(names[column], values[:, column], pushes[:, column], float(weight[column]), belongs, population)
        if factor is None:
            continue
        has = factor.has(values[:, column])
        if _differs(factor, has, belongs) and all(abs(matthews_corrcoef(has, other)) < SAME for _, other in factors):
            factors.append((factor, has))
    return tuple(factor for factor, _ in factors)


def _question(name: str, values: Floats, pushes: Floats, share: float, belongs: Floats, population: Bools) -> Driver | None:
    """Return the side of the best split that raises the prediction; None where the values do not differ enough."""
    population_values, moved = values[population], pushes[population]
    known = np.isfinite(population_values)
    least = max(1, int(LEAST_SIDE * len(population_values)))
    tried = [Driver(name, ThresholdSide.UNKNOWN, np.nan, 0.0, share, 0.0, 0.0)] if int((~known).sum()) >= least else []
    cut = _cut(population_values[known], moved[known], least)
    if cut is not None:
        tried += [Driver(name, side, cut, 0.0, share, 0.0, 0.0) for side in (ThresholdSide.HIGH, ThresholdSide.LOW)]
    elif int(known.sum()) < least:
        return None
    if not tried or not 0.0 < belongs.sum() < len(belongs):
        return None
    best = max(tried, key=lambda each: float(moved[each.has(population_values)].mean()))
    has, everybody = best.has(population_values), best.has(values)
    push = float(moved[has].mean() - moved[~has].mean())
    among = float((belongs * everybody).sum() / belongs.sum())
    elsewhere = float(((1.0 - belongs) * everybody).sum() / (1.0 - belongs).sum())
    return replace(best, push=push, among=among, elsewhere=elsewhere) if push > 0.0 else None


def _differs(factor: Driver, has: Bools, belongs: Floats) -> bool:
    """Return whether those of the kind have a factor more often than the rest: by so much that it matters, and beyond chance.

    The test of two proportions, for customers who may belong to the kind in part (by a chance): the difference is one weighted sum
    over customers, and its error, were the factor spread at random, follows from the weights. Where everybody belongs
    whole or not at all, it is the usual pooled test.
    """
    by = factor.among - factor.elsewhere
    if by < LEAST_DIFFERENCE and factor.among < LEAST_RATIO * factor.elsewhere:
        return False
    weights = belongs / belongs.sum() - (1.0 - belongs) / (1.0 - belongs).sum()
    share = float(has.mean())
    return by > 0.0 and by >= LEAST_ERRORS * float(np.sqrt(share * (1.0 - share) * (weights @ weights)))


def _cut(values: Floats, pushes: Floats, least: int) -> float | None:
    """Return the value from which on pushes differ most from those below it, itself a value that occurs; None without one."""
    candidates = np.unique(np.quantile(values, np.linspace(0.0, 1.0, CUTS), method="higher")) if len(values) else np.empty(0)
    best, threshold = 0.0, None
    for cut in candidates[1:]:
        high = values >= cut
        many = int(high.sum())
        if least <= many <= len(values) - least:
            apart = many * (len(values) - many) * float(pushes[high].mean() - pushes[~high].mean()) ** 2
            if apart > best:
                best, threshold = apart, float(cut)
    return threshold


@dataclass(frozen=True, slots=True)
class Lacking:
    """m customers who lack an actionable factor. rows (m,) index into the base; factor (m,) index into ``factors``;
    value (m,) what they have there; chance, chance_with (m,) now, and as those with the factor are moved; missing (m,) how
    many of the ``factors`` they lack.
    """

    factors: tuple[Driver, ...]
    rows: Ints
    factor: Ints
    value: Floats
    chance: Floats
    chance_with: Floats
    missing: Ints


def actionable(factors: Sequence[Driver], up: Mapping[str, bool]) -> tuple[Driver, ...]:
    """Return the drivers that a contact could bring about.

    up: by feature that can be asked for, whether more of it is asked.
    """
    return tuple(f for f in factors if f.feature in up and f.side is (ThresholdSide.HIGH if up[f.feature] else ThresholdSide.LOW))


def lacking(
    factors: tuple[Driver, ...],
    names: tuple[str, ...],
    values: Floats,
    pushes: Floats,
    chance: Floats,
    candidates: Bools,
    slope: float = 1.0,
) -> Lacking:
    """Return each customer's missing driver with the largest gain.

    Of the customers ``asked`` about; a customer who lacks none is left out.

    values, pushes (n, F) in the order of names; chance, asked (n,); slope: of the model's calibration, by which a push counts.
    """
    n, many = len(values), len(factors)
    gain = np.full((n, many), -np.inf)
    shown = np.full((n, many), np.nan)
    for k, factor in enumerate(factors):
        column = names.index(factor.feature)
        has = factor.has(values[:, column])
        shown[:, k] = values[:, column]
        if (has & candidates).any():
            gain[:, k] = np.where(has, -np.inf, np.maximum(pushes[has & candidates, column].mean() - pushes[:, column], 0.0))
    missing = np.isfinite(gain).sum(axis=1)
    rows = np.nonzero(candidates & (missing > 0) & np.isfinite(chance))[0].astype(np.int64)
    best = gain[rows].argmax(axis=1).astype(np.int64) if many else np.empty(0, dtype=np.int64)
    now = chance[rows]
    with_it = sigmoid(logit(now) + slope * gain[rows, best]) if many else now
    order = np.argsort(-(with_it - now), kind="stable")
    customers = rows[order]
    return Lacking(
        factors, customers, best[order], shown[customers, best[order]], now[order], with_it[order], missing[customers].astype(np.int64)
    )
