"""Reactivation: the share of seemingly lost customers who have only paused.

A rhythm that knows nothing but leaving is sure that who bought weekly and has not come for two months never will; holidays, illness and a
second shop are not in it. Of customers who seemed gone some weeks ago, the share that has bought since says how sure it may be. It is
learnt from one earlier instant of the same history, beside a shift of the level of all, so that a high season is not taken for returns.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from otokui.domain import DAY, Instant
from otokui.frames import Bools, Floats
from scoring.base_models.btyd import MbgNbd, btyd_from_counts
from scoring.base_models.calibration import logit, sigmoid
from training.btyd.mbg_nbd import SAMPLE, fit_rhythm, sufficient
from training.data.purchase_history import History

SHARES: Final = np.round(np.arange(0.0, 0.51, 0.01), 2)
USUAL: Final = (2.0, 20.0)
"""The shape of the beta distribution of the share before anything was seen, its mode at one in twenty (Gelman et al., Bayesian Data
Analysis, 3rd ed., 2.4)."""
PRIOR_EVENTS: Final = 20.0
"""The shift of the level of all is drawn towards none as if so many events spoke for it."""
FEWEST_DAYS, MOST_DAYS = 7.0, 60.0


def learn_rhythm(history: History, at: Instant, *, seed: int) -> MbgNbd:
    """Return the base model learnt from purchases before ``at``, with its pause share."""
    rhythm = fit_rhythm(*sufficient(history, history.buyers(at), at), seed=seed)
    if not len(history):
        return rhythm
    observed = (at - int(history.purchased_at.min())) / DAY
    days = float(np.clip(observed / 4.0, FEWEST_DAYS, MOST_DAYS))
    then = Instant(round(at - days * DAY))
    buyers = history.buyers(then)
    if not len(buyers):
        return rhythm
    if len(buyers) > SAMPLE:
        buyers = np.sort(np.random.default_rng(seed).choice(buyers, SAMPLE, replace=False))
    came = history.before(buyers, at) > history.before(buyers, then)
    share = fit_pause(rhythm, sufficient(history, buyers, then), came, days)
    return rhythm.model_copy(update={"pause": share})


def fit_pause(rhythm: MbgNbd, then: tuple[Floats, Floats, Floats], came: Bools, days: float) -> float:
    """Return the pause share of highest likelihood among SHARES.

    It is the share of seemingly lost customers who had only paused.

    then: repeats, days from first to last purchase and from first to the instant, as they stood, each (n,); came (n,): a purchase
    within ``days`` after it.
    """
    horizons = np.array([days, 2.0 * days])
    alive = btyd_from_counts(rhythm.model_copy(update={"pause": 0.0}), *then).alive_probability()
    if_alive = btyd_from_counts(rhythm.model_copy(update={"pause": 1.0}), *then).purchase_probability(horizons)[:, 0]
    likely = [_likelihood(logit((alive + share * (1.0 - alive)) * if_alive), came) for share in SHARES]
    with np.errstate(divide="ignore"):
        prior = (USUAL[0] - 1.0) * np.log(SHARES) + (USUAL[1] - 1.0) * np.log1p(-SHARES)
    return float(SHARES[int(np.argmax(np.array(likely) + prior))])


def _likelihood(odds: Floats, came: Bools) -> float:
    """Return the log likelihood of what came under log odds (n,), shifted for all alike as fits best."""
    shift = 0.0
    for _ in range(8):
        chance = sigmoid(odds + shift)
        slope = float((came - chance).sum()) - PRIOR_EVENTS * shift
        shift += float(np.clip(slope / (float((chance * (1.0 - chance)).sum()) + PRIOR_EVENTS), -1.0, 1.0))
    moved = odds + shift
    return float((came * moved - np.logaddexp(0.0, moved)).sum()) - 0.5 * PRIOR_EVENTS * shift**2
