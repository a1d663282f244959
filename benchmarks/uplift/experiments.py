"""The two experiments as arrays: features, which arm, and what came of it. The only file that knows their columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from otokui.frames import Floats, Ints


@dataclass(frozen=True, slots=True)
class Experiment:
    """``n`` customers of a randomised experiment; arm 0 was left alone."""

    names: tuple[str, ...]
    matrix: Floats  # (n, p)
    arm: Ints  # (n,)
    outcomes: dict[str, Floats]  # (n,) each

    def rows(self, index: Ints) -> Experiment:
        """Return some of the customers."""
        return Experiment(self.names, self.matrix[index], self.arm[index], {k: v[index] for k, v in self.outcomes.items()})


def hillstrom(folder: Path) -> Experiment:
    """Read the MineThatData e-mail experiment: 0 no e-mail, 1 men's, 2 women's."""
    table = pl.read_csv(folder / "hillstrom" / "hillstrom.csv", infer_schema_length=None)
    arm = table["segment"].replace_strict({"No E-Mail": 0, "Mens E-Mail": 1, "Womens E-Mail": 2}).to_numpy().astype(np.int64)
    columns = {name: table[name].to_numpy().astype(np.float64) for name in ("recency", "history", "mens", "womens", "newbie")}
    columns["history"] = np.log(columns["history"])
    for name in ("zip_code", "channel"):
        columns |= {value: (table[name] == value).to_numpy().astype(np.float64) for value in sorted(table[name].unique())}
    outcomes = {name: table[name].to_numpy().astype(np.float64) for name in ("visit", "conversion", "spend")}
    return Experiment(tuple(columns), np.column_stack(list(columns.values())), arm, outcomes)


def starbucks(folder: Path) -> tuple[Experiment, Experiment]:
    """Read the promotion experiment, training and test: 0 no promotion, 1 promotion."""
    both = [pl.read_csv(folder / "starbucks_promotion" / name, infer_schema_length=None) for name in ("training.csv", "Test.csv")]
    return _promotion(both[0]), _promotion(both[1])


def _promotion(table: pl.DataFrame) -> Experiment:
    columns = {name: table[name].to_numpy().astype(np.float64) for name in ("V2", "V3")}
    for name in ("V1", "V4", "V5", "V6", "V7"):  # codes: nobody knows what they mean, so each is a yes or no
        columns |= {f"{name}={code}": (table[name] == code).to_numpy().astype(np.float64) for code in (0, 1, 2, 3, 4)}
    arm = (table["Promotion"] == "Yes").to_numpy().astype(np.int64)
    return Experiment(
        tuple(columns), np.column_stack(list(columns.values())), arm, {"purchase": table["purchase"].to_numpy().astype(np.float64)}
    )
