"""Estimators of obp as peer, run by their own venv over the benchmark's arrays.

``python obp_peer.py FOLDER`` reads FOLDER/given.npz, leaves action_dist.npy and obp.json beside it. obp 0.4.1 imports
torch for its neural learners wherever one enters, so a placeholder stands in for torch here; nothing that is called
below touches it.
"""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np


class _Placeholder(type):
    """A class for every name that obp mentions in its annotations and base classes."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Placeholder(name, (), {})


def _without_torch() -> None:
    def anything(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Placeholder(name, (), {})

    for name in ("torch", "torch.nn", "torch.optim"):
        module = types.ModuleType(name)
        module.__getattr__ = anything  # type: ignore[method-assign]  # a module may answer for names it does not have
        sys.modules[name] = module


def main(folder: Path) -> None:
    """Draw the policy of the quickstart and value it by each of obp's estimators."""
    _without_torch()
    from obp import ope
    from obp.policy import BernoulliTS

    given = np.load(folder / "given.npz")
    policy = BernoulliTS(n_actions=80, len_list=3, is_zozotown_prior=True, campaign="all", random_state=12345)
    one = policy.compute_batch_action_dist(n_sim=100_000, n_rounds=1)[0]
    np.save(folder / "action_dist.npy", one)
    rows = len(given["reward"])
    action_dist = np.tile(one, (rows, 1, 1))
    told = {name: given[name] for name in ("reward", "action", "pscore", "position")}
    predicted = {"estimated_rewards_by_reg_model": np.repeat(given["predicted"][:, :, None], 3, axis=2)}
    tau, lam = float(given["tau"]), float(given["lam"])
    values = {
        "ips": ope.InverseProbabilityWeighting().estimate_policy_value(action_dist=action_dist, **told),
        "snips": ope.SelfNormalizedInverseProbabilityWeighting().estimate_policy_value(action_dist=action_dist, **told),
        "dm": ope.DirectMethod().estimate_policy_value(action_dist=action_dist, position=told["position"], **predicted),
        "dr": ope.DoublyRobust().estimate_policy_value(action_dist=action_dist, **told, **predicted),
        f"switch, tau {tau:g}": ope.SwitchDoublyRobust(tau=tau).estimate_policy_value(action_dist=action_dist, **told, **predicted),
        f"shrunk, lambda {lam:g}": ope.DoublyRobustWithShrinkage(lambda_=lam).estimate_policy_value(
            action_dist=action_dist, **told, **predicted
        ),
    }
    (folder / "obp.json").write_text(json.dumps({name: float(value) for name, value in values.items()}), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
