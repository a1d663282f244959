"""Hillstrom trial as a skewed log by rejection, with known value of any policy.

The 64,000 customers are the world. Rows are drawn from it with replacement and kept with a chance in proportion to a
skewed logging policy, so the log is a sample from that policy (rejection sampling: Li et al. 2011, backwards), and a
policy's truth is the mean of those in the world whom the trial gave the arm that the policy would choose, by stratum.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from measurement.off_policy.evaluation import Estimate, Evaluation, evaluate
from measurement.off_policy.logged_policy import LoggedPolicy
from otokui.frames import Floats, Ints
from training.uplift.reward_model import cross_fitted

ARMS = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
NONE, MENS, WOMENS = range(3)
LOGGED = (0.15, 0.60, 0.25)  # of silence, of the e-mail that fits the last year's purchases, of the other one
LEARNT_SHARE = 0.2  # of the customers, from whom the learnt policy is learnt and who are then left out


@dataclass(frozen=True, slots=True)
class World:
    """The customers of the trial whom no policy was learnt from."""

    features: Floats
    arms: Ints
    visits: Floats
    fitting: Ints  # (n,) the e-mail that fits what the customer bought
    learnt: Ints  # (n,) the arm that the learnt policy would choose

    def logging(self) -> Floats:
        """Return the skewed logging policy, (n, 3)."""
        chances = np.full((len(self.arms), 3), LOGGED[2])
        chances[:, NONE] = LOGGED[0]
        chances[np.arange(len(chances)), self.fitting] = LOGGED[1]
        return chances

    def targets(self) -> dict[str, Ints]:
        """Return the policies to be valued, each as the arm it chooses for every customer."""
        return {
            "men's e-mail to all": np.full(len(self.arms), MENS),
            "women's e-mail to all": np.full(len(self.arms), WOMENS),
            "learnt: the arm with the most visits expected": self.learnt,
        }

    def truth(self, target: Ints) -> float:
        """Return the true value of a policy in this world.

        The mean of customers whom the trial gave its arm, by share of fitting group.
        """
        strata = self.fitting * 3 + target
        total = 0.0
        for stratum in np.unique(strata):
            there = strata == stratum
            total += there.mean() * self.visits[there & (self.arms == target)].mean()
        return float(total)


def read(path: Path) -> World:
    """Return the world, and the policy learnt on a fifth of the customers.

    They do not belong to the world.
    """
    rows = pl.read_csv(path, infer_schema_length=None)
    named = ["history_segment", "zip_code", "channel"]
    coded = np.column_stack([rows[name].cast(pl.Categorical).to_physical().to_numpy() for name in named])
    plain = rows.select("recency", "history", "mens", "womens", "newbie").to_numpy()
    features = np.column_stack([plain, coded]).astype(np.float64)
    arms = rows["segment"].replace_strict({arm: i for i, arm in enumerate(ARMS)}).to_numpy().astype(np.int64)
    visits = rows["visit"].to_numpy().astype(np.float64)
    taught = np.random.default_rng(2008).random(len(rows)) < LEARNT_SHARE
    learnt = learn(features[taught], arms[taught], visits[taught], features[~taught])
    fitting = np.where(plain[~taught, 2] == 1, MENS, WOMENS)
    return World(features[~taught], arms[~taught], visits[~taught], fitting, learnt)


def learn(features: Floats, arms: Ints, visits: Floats, asked: Floats) -> Ints:
    """Return the arm of most expected visits, by one ridge regression per arm.

    On standardised features.
    """
    middle, spread = features.mean(axis=0), features.std(axis=0)
    known, new = (np.column_stack([np.ones(len(x)), (x - middle) / spread]) for x in (features, asked))
    expected = []
    for arm in range(3):
        own = known[arms == arm]
        penalty = 100.0 * np.eye(own.shape[1])
        expected.append(new @ np.linalg.solve(own.T @ own + penalty, own.T @ visits[arms == arm]))
    return np.column_stack(expected).argmax(axis=1).astype(np.int64)


def repetition(world: World, rng: np.random.Generator, seed: int) -> dict[str, Evaluation]:
    """Draw one log and value every target on it."""
    drawn = rng.integers(0, len(world.arms), len(world.arms))
    logging, arms = world.logging(), world.arms
    kept = drawn[rng.random(len(drawn)) < logging[drawn, arms[drawn]] / max(LOGGED)]
    logged = LoggedPolicy(arms[kept], logging[kept, arms[kept]], world.visits[kept])
    # A customer drawn twice lies in one fold; for the interval the two draws are independent, as in any sample of a world.
    predicted = cross_fitted(world.features[kept], arms[kept], world.visits[kept], kept, 3, seed=seed, folds=2, rounds=60)
    return {name: evaluate(logged, target[kept], 3, predicted=predicted) for name, target in world.targets().items()}


@dataclass(frozen=True, slots=True)
class Score:
    """How one estimator did on one target over all repetitions, relative to the truth."""

    mean_error: float
    rmse: float
    bias: float
    coverage: float


def score(estimates: list[Estimate], truth: float) -> Score:
    """Return relative errors of the estimates, and the coverage of their intervals."""
    off = np.array([each.value for each in estimates]) / truth - 1.0
    held = [each.low <= truth <= each.high for each in estimates]
    return Score(float(np.abs(off).mean()), float(np.sqrt((off**2).mean())), float(off.mean()), float(np.mean(held)))


def run(path: Path, repetitions: int) -> tuple[dict[str, float], dict[str, dict[str, Score]]]:
    """Return the truth of each target, and by target and estimator how it did."""
    world = read(path)
    truth = {name: world.truth(target) for name, target in world.targets().items()}
    rng = np.random.default_rng(60)
    made = [repetition(world, rng, seed) for seed in range(repetitions)]
    return truth, {
        name: {method: score([each[name].estimates[method] for each in made], truth[name]) for method in made[0][name].estimates}
        for name in truth
    }
