"""Figures of the purchase benchmark: functions of forecast, outcome and drawn rows.

So that a bootstrap is one more draw.

AUC, log loss and C are scikit-learn's and lifelines'; a weight of zero leaves a customer out, two counts them twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from lifelines.utils import concordance_index
from sklearn.metrics import roc_auc_score
from sksurv.metrics import integrated_brier_score
from sksurv.util import Surv

from benchmarks.purchases.forecast import Forecast
from benchmarks.purchases.rows import Rows
from otokui.frames import Floats, Ints

Figure = Callable[[Forecast, Rows, Ints, tuple[int, ...]], float | None]


@dataclass(frozen=True, slots=True)
class Row:
    """Figure: name, direction, and its function of drawn rows (m,).

    more_is_better None: nearer to zero is.
    """

    name: str
    more_is_better: bool | None
    of: Figure
    digits: int = 3
    repeated: int = 300


def _auc(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    return float(roc_auc_score(rows.bought[drawn], said.rank[drawn]))


def _log_loss(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    if said.chance is None:
        return None
    chance, bought = np.clip(said.chance[drawn], 1e-6, 1 - 1e-6), rows.bought[drawn]
    return float(-np.where(bought, np.log(chance), np.log1p(-chance)).mean())


def _rmse(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    return None if said.mean is None else float(np.sqrt(((said.mean[drawn] - rows.count[drawn]) ** 2).mean()))


def _mae(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    return None if said.mean is None else float(np.abs(said.mean[drawn] - rows.count[drawn]).mean())


def _median_mae(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    return None if said.median is None else float(np.abs(said.median[drawn] - rows.count[drawn]).mean())


def _bias(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    return None if said.mean is None else float(said.mean[drawn].sum() / rows.count[drawn].sum() - 1.0)


def _top(score: Floats, share: float) -> Ints:
    best: Ints = np.argsort(-score, kind="stable")[: round(share * len(score))]
    return best


def _counted(said: Forecast) -> Floats:
    return said.rank if said.mean is None else said.mean


def _top_spend(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    if said.money is None:
        return None
    spend = rows.spend[drawn]
    return float(spend[_top(said.money[drawn], 0.1)].sum() / spend.sum())


def _overlap(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    count = rows.count[drawn]
    said_best, best = _top(_counted(said)[drawn], 0.2), _top(count, 0.2)
    return len(np.intersect1d(said_best, best)) / len(best)


def _area(score: Floats, amount: Floats) -> float:
    ordered = amount[np.argsort(-score, kind="stable")]
    return float(np.cumsum(ordered).mean() / ordered.sum() - 0.5)


def _gini(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    count = rows.count[drawn]
    return _area(_counted(said)[drawn], count) / _area(count, count)


def _spend_gini(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    if said.money is None:
        return None
    spend = rows.spend[drawn]
    return _area(said.money[drawn], spend) / _area(spend, spend)


def _concordance(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    return float(concordance_index(rows.days[drawn], -said.rank[drawn], rows.bought[drawn]))


def _days(said: Forecast, rows: Rows, drawn: Ints, _: tuple[int, ...]) -> float | None:
    if said.days is None:
        return None
    return float(np.abs(np.minimum(said.days[drawn], rows.horizon_days) - rows.days[drawn]).mean())


def _brier(said: Forecast, rows: Rows, drawn: Ints, grid: tuple[int, ...]) -> float | None:
    if said.curve is None:
        return None
    # The last day of the grid ends the observation, where scikit-survival has no customer left to ask about.
    days, bought = rows.days[drawn], rows.bought[drawn]
    seen = Surv.from_arrays(bought, np.where(bought, np.maximum(days, 1e-6), rows.horizon_days))
    asked = np.array(grid[:-1], dtype=np.float64)
    return float(integrated_brier_score(seen, seen, 1.0 - said.curve[drawn][:, :-1], asked))


FIGURES = (
    Row("AUC", True, _auc, 4),
    Row("log loss", False, _log_loss, 4),
    Row("RMSE", False, _rmse),
    Row("MAE of mean", False, _mae),
    Row("MAE of median", False, _median_mae),
    Row("bias", None, _bias),
    Row("top 10% share of spend", True, _top_spend),
    Row("top 20% overlap", True, _overlap),
    Row("Gini, counts", True, _gini),
    Row("Gini, spend", True, _spend_gini),
    Row("C", True, _concordance, 4, 100),
    Row("days MAE", False, _days, 2),
    Row("integrated Brier", False, _brier, 4, 50),
)


def generous(peer: Forecast, rows: Rows) -> Forecast:
    """Return a peer's ranking by probability or by count, whichever ordered buyers better.

    Chosen on the test window, in the peer's favour: the field reports either, and ours always ranks by its chance.
    """
    if peer.mean is None or roc_auc_score(rows.bought, peer.mean) <= roc_auc_score(rows.bought, peer.rank):
        return peer
    return replace(peer, rank=peer.mean)


@dataclass(frozen=True, slots=True)
class Difference:
    """Lead over the best peer in one figure, with its 95% interval over customers.

    Positive: better.
    """

    peer: str
    ahead: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Return ahead, behind or tie."""
        return "ahead" if self.low > 0.0 else "behind" if self.high < 0.0 else "tie"


def table(said: list[Forecast], rows: Rows, grid: tuple[int, ...]) -> dict[str, list[float | None]]:
    """Return each figure of each method, in their order."""
    everybody = np.arange(len(rows))
    return {row.name: [row.of(each, rows, everybody, grid) for each in said] for row in FIGURES}


def _worth(row: Row, value: float) -> float:
    return -abs(value) if row.more_is_better is None else value if row.more_is_better else -value


def differences(
    ours: Forecast, peers: list[Forecast], rows: Rows, grid: tuple[int, ...], *, figures: Sequence[Row] = FIGURES, seed: int = 7
) -> dict[str, Difference]:
    """Return our lead over the best peer of each figure, by paired bootstrap."""
    everybody = np.arange(len(rows))
    found = {}
    for row in figures:
        own = row.of(ours, rows, everybody, grid)
        values = [(row.of(peer, rows, everybody, grid), peer) for peer in peers]
        speaking = [(value, peer) for value, peer in values if value is not None]
        if own is None or not speaking:
            continue
        value, best = max(speaking, key=lambda pair: _worth(row, pair[0]))
        rng = np.random.default_rng(seed)
        drawn = [rng.integers(0, len(rows), len(rows)) for _ in range(row.repeated)]
        ahead = [_worth(row, row.of(ours, rows, d, grid) or 0.0) - _worth(row, row.of(best, rows, d, grid) or 0.0) for d in drawn]
        low, high = np.quantile(ahead, [0.025, 0.975])
        found[row.name] = Difference(best.name, _worth(row, own) - _worth(row, value), float(low), float(high))
    return found
