"""Maximum-likelihood fit of MBG/NBD, with mixtures of purchase rates and dropout chances.

Penalised, because a small shop's likelihood has flat directions along which a bare fit degenerates
(shape and scale growing together, everybody's dropout at its bound). Gradients by Fisher's identity.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, logsumexp

from otokui.domain import DAY, Instant
from otokui.frames import Floats, Ints
from scoring.base_models.btyd import MAX_REPEATS, MbgNbd
from training.btyd.priors import GAP_DAYS, GAPS
from training.data.purchase_history import History

DROPOUT = (0.003, 0.03, 0.1, 0.25, 0.5, 0.8)
COMPONENTS = 2
SAMPLE = 8_000
PRIOR_ROWS = 5.0


def sufficient(history: History, buyers: Ints, at: Instant) -> tuple[Floats, Floats, Floats]:
    """Return the sufficient statistics of MBG/NBD for customers who bought before ``at``.

    Repeats, days from first to last purchase and days from first to ``at``; each (n,).
    """
    begin, after = history.start_of(buyers), history.before(buyers, at)
    first, last = history.purchased_at[begin], history.purchased_at[after - 1]
    return (after - begin).astype(np.float64) - 1.0, (last - first) / DAY, (at - first).astype(np.float64) / DAY


def fit_rhythm(repeats: Floats, last_days: Floats, age_days: Floats, *, seed: int) -> MbgNbd:
    """Return the MBG/NBD model of highest likelihood, from at most SAMPLE customers.

    They are drawn by ``seed``.

    Of a handful of customers it is the field's (`training.btyd.priors`), which they have moved a little; of none, the field's.
    """
    if len(repeats) > SAMPLE:
        drawn = np.sort(np.random.default_rng(seed).choice(len(repeats), SAMPLE, replace=False))
        repeats, last_days, age_days = repeats[drawn], last_days[drawn], age_days[drawn]
    x, last, age = np.minimum(repeats, MAX_REPEATS), last_days, np.maximum(age_days, last_days)
    rate = (x.sum() + GAPS) / (age.sum() + GAPS * GAP_DAYS)
    middle = np.concatenate([np.log([0.7, 1.5]), np.log([0.7 / (0.4 * rate), 1.5 / (2.0 * rate)]), np.zeros(COMPONENTS * len(DROPOUT))])
    optimum = minimize(_loss, middle, args=(x, last, age, middle), jac=True, method="L-BFGS-B", options={"maxiter": 120, "ftol": 1e-8})
    shape, scale, weights = _unpack(optimum.x)
    return MbgNbd(
        shape=tuple(map(float, shape)),
        scale_days=tuple(map(float, scale)),
        dropout=DROPOUT,
        weights=tuple(tuple(map(float, row)) for row in weights),
    )


def _unpack(theta: Floats) -> tuple[Floats, Floats, Floats]:
    shape, scale = np.exp(np.clip(theta[:COMPONENTS], -6, 6)), np.exp(np.clip(theta[COMPONENTS : 2 * COMPONENTS], -6, 14))
    logits = theta[2 * COMPONENTS :]
    return shape, scale, np.exp(logits - logsumexp(logits)).reshape(COMPONENTS, len(DROPOUT))


def _loss(theta: Floats, x: Floats, last: Floats, age: Floats, middle: Floats) -> tuple[float, Floats]:
    """Return the penalised negative log likelihood per customer and its gradient."""
    shape, scale, weights = _unpack(theta)
    leave = np.asarray(DROPOUT)
    rate = gammaln(shape + x[:, None]) - gammaln(shape) + shape * np.log(scale)
    at_age, at_last = np.log(scale + age[:, None]), np.log(scale + last[:, None])
    stay = x[:, None, None] * np.log1p(-leave) + np.log(weights)
    alive = stay + np.log1p(-leave) + (rate - (shape + x[:, None]) * at_age)[:, :, None]
    gone = stay + np.log(leave) + (rate - (shape + x[:, None]) * at_last)[:, :, None]
    top = np.maximum(alive.max(axis=(1, 2)), gone.max(axis=(1, 2)))[:, None, None]
    alive, gone = np.exp(alive - top), np.exp(gone - top)
    total = (alive + gone).sum(axis=(1, 2))[:, None, None]
    like = np.log(total[:, 0, 0]) + top[:, 0, 0]

    share = (alive + gone) / total
    is_alive, is_gone = (alive / total).sum(axis=2), (gone / total).sum(axis=2)
    whose = share.sum(axis=2)
    d_shape = (whose * (np.log(scale) + digamma(shape + x[:, None]) - digamma(shape)) - is_alive * at_age - is_gone * at_last).sum(axis=0)
    mean = (shape + x[:, None]) * (is_alive / (scale + age[:, None]) + is_gone / (scale + last[:, None]))
    d_scale = (whose * (shape / scale) - mean).sum(axis=0)
    d_weights = share.sum(axis=0) - len(x) * weights
    gradient = np.concatenate([shape * d_shape, scale * d_scale, d_weights.ravel()])

    width = np.concatenate([np.full(COMPONENTS, 1.0), np.full(COMPONENTS, 1.5), np.full(weights.size, 2.0)])
    away = (theta - middle) / width
    loss = -like.sum() + 0.5 * PRIOR_ROWS * float(away @ away)
    rows = max(1, len(x))
    return loss / rows, (-gradient + PRIOR_ROWS * away / width) / rows
