"""Open Bandit, small sample: Thompson sampling valued on uniform logs, beside obp.

The quickstart pair of obp: the policy that ran in production, drawn again by obp, is valued on the random log; what it
earned in its own log is taken for the truth (42 clicks in 10,000, so the truth itself is known to about 15%).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from measurement.off_policy.estimators import EstimatorInputs
from measurement.off_policy.evaluation import Evaluation, evaluate
from measurement.off_policy.logged_policy import LoggedPolicy
from measurement.off_policy.weights import weights_up_to
from otokui.frames import Floats
from training.uplift.reward_model import cross_fitted

ACTIONS = 80
TAU, LAMBDA = 2.0, 10.0
PEER = Path(__file__).with_name("obp_peer.py")
NEEDS = ("numpy", "pandas", "pyyaml", "scipy", "scikit-learn", "matplotlib", "seaborn", "tqdm", "mypy-extensions")


@dataclass(frozen=True, slots=True)
class Pair:
    """What came of the quickstart pair; ``obp`` is empty where obp could not be run."""

    truth: float
    ours: Evaluation
    same: dict[str, float]  # our estimates under obp's own settings of tau and lambda
    obp: dict[str, float]
    target: str


def read(path: Path) -> pl.DataFrame:
    """Return a log."""
    columns = ["item_id", "position", "click", "propensity_score", *(f"user_feature_{i}" for i in range(4))]
    return pl.read_csv(path, columns=columns)


def run(folder: Path, cache: Path) -> Pair:
    """Value the policy on the random log."""
    random, bts = read(folder / "random_all.csv"), read(folder / "bts_all.csv")
    actions, rewards = random["item_id"].to_numpy().astype(np.int64), random["click"].to_numpy().astype(np.float64)
    logged = LoggedPolicy(actions, random["propensity_score"].to_numpy(), rewards)
    position = random["position"].to_numpy().astype(np.int64) - 1
    user = np.column_stack([random[f"user_feature_{i}"].cast(pl.Categorical).to_physical().to_numpy() for i in range(4)])
    features = np.column_stack([user, position]).astype(np.float64)
    predicted = cross_fitted(features, actions, rewards, np.arange(len(random)), ACTIONS, seed=1, folds=3)
    with tempfile.TemporaryDirectory() as work:
        there = Path(work)
        np.savez(
            there / "given.npz", reward=rewards, action=actions, pscore=logged.propensities, position=position, predicted=predicted,
            tau=TAU, lam=LAMBDA,
        )  # fmt: skip
        theirs, chances, target = _peer(there, cache, bts)
    made = chances[:, position].T
    made /= made.sum(axis=1, keepdims=True)
    ours = evaluate(logged, made, ACTIONS, predicted=predicted)
    given = EstimatorInputs(logged, made, predicted)
    same = {name: each.value for name, each in ours.estimates.items() if name not in ("switch", "shrunk")}
    weight = given.weights()
    expected, surprise = given.model()
    same[f"switch, tau {TAU:g}"] = float((expected + weights_up_to(weight, TAU) * surprise).mean())
    same[f"shrunk, lambda {LAMBDA:g}"] = float((expected + LAMBDA * weight / (weight**2 + LAMBDA) * surprise).mean())
    return Pair(float(bts["click"].mean()), ours, same, theirs, target)  # type: ignore[arg-type]  # a mean of numbers is one


def _peer(work: Path, cache: Path, bts: pl.DataFrame) -> tuple[dict[str, float], Floats, str]:
    """Return obp's estimates, the policy's chances (80, 3), and where these come from."""
    try:
        subprocess.run([str(venv(cache)), str(PEER), str(work)], check=True, capture_output=True, text=True)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        print(
            f"obp could not be run, so its column is empty: {(getattr(error, 'stderr', '') or str(error)).strip()[-300:]}", file=sys.stderr
        )
        return {}, logged_chances(bts), "the chances that the production log itself carries"
    values: dict[str, float] = json.loads((work / "obp.json").read_text(encoding="utf-8"))
    return values, np.load(work / "action_dist.npy"), "drawn again by obp (100,000 draws, seed 12345)"


def venv(cache: Path) -> Path:
    """Return the interpreter of a venv with obp, created where missing.

    torch is not installed.
    """
    python = cache / "obp-0.4.1" / "bin" / "python"
    if not python.exists():
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        aside = cache / f"obp-0.4.1.{os.getpid()}"
        subprocess.run([uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, str(aside)], check=True, capture_output=True)
        there = [uv, "pip", "install", "--quiet", "--python", str(aside / "bin" / "python")]
        subprocess.run([*there, "--no-deps", "obp==0.4.1"], check=True, capture_output=True, text=True)
        subprocess.run([*there, *NEEDS], check=True, capture_output=True, text=True)
        aside.rename(cache / "obp-0.4.1")
    return python


def logged_chances(bts: pl.DataFrame) -> Floats:
    """Return mean propensities by item and position in the production log, (80, 3).

    Made to sum to one.
    """
    chances = np.zeros((ACTIONS, 3))
    for item, position, chance in bts.group_by("item_id", "position").agg(pl.col("propensity_score").mean()).iter_rows():
        chances[item, position - 1] = chance
    return chances / chances.sum(axis=0)
