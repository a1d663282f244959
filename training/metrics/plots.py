"""Plots of a model for people who decide whether to trust it.

PNG bytes, drawn without a display.

scikit-learn's displays draw through pyplot, which keeps figures alive in a long process, and its `CalibrationDisplay` has no
bars that say how few customers a bin holds.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from otokui.frames import Floats
from training.data.labels import Waiting
from training.metrics.scores import equal_parts


def _figure() -> Figure:
    figure = Figure(figsize=(6.0, 4.0), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    # No software or date in the file: the same model gives the same bytes.
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def reliability(chance: Floats, outcome: Floats, title: str, bins: int = 10) -> bytes:
    """Said against came true, in bins of equal size, with 95% bars."""
    parts = equal_parts(chance, bins)
    predicted = np.array([chance[p].mean() for p in parts])
    came = np.array([outcome[p].mean() for p in parts])
    wide = np.array([1.96 * np.sqrt(max(o * (1 - o), 1e-9) / len(p)) for o, p in zip(came, parts, strict=True)])
    figure = _figure()
    axes = figure.subplots()
    top = float(max(predicted.max(), came.max(), 0.05)) * 1.05
    axes.plot([0, top], [0, top], color="grey", linewidth=1)
    axes.errorbar(predicted, came, yerr=wide, fmt="o-", color="C0")
    axes.set(xlabel="said", ylabel="came true", title=title, xlim=(0, top), ylim=(0, top))
    return _png(figure)


def totals(mean: Floats, amount: Floats, title: str, bins: int = 10) -> bytes:
    """Plot mean forecast against mean actual by decile of the forecast."""
    parts = equal_parts(mean, bins)
    figure = _figure()
    axes = figure.subplots()
    place = np.arange(len(parts))
    axes.bar(place - 0.2, [mean[p].mean() for p in parts], 0.4, label="said")
    axes.bar(place + 0.2, [amount[p].mean() for p in parts], 0.4, label="came true")
    axes.set(xlabel="decile of the forecast", ylabel="mean", title=title)
    axes.legend()
    return _png(figure)


def gain(score: Floats, amount: Floats, title: str) -> bytes:
    """Plot cumulative gain: share of the whole by share of best-scored customers.

    The diagonal is chance.
    """
    cumulated = np.cumsum(amount[np.argsort(-score, kind="stable")]) / max(float(amount.sum()), 1e-12)
    share = np.arange(1, len(score) + 1) / len(score)
    figure = _figure()
    axes = figure.subplots()
    axes.plot(share, cumulated)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.set(xlabel="share of customers, best first", ylabel="share of the whole", title=title)
    return _png(figure)


def survival(edges: Sequence[float], chance: Floats, waiting: Waiting, title: str) -> bytes:
    """Plot mean forecast chance (H,) of a purchase by day against the observed share."""
    figure = _figure()
    axes = figure.subplots()
    came = [float((waiting.bought & (waiting.days < edge)).mean()) for edge in edges]
    axes.plot(edges, chance, "o-", label="said")
    axes.plot(edges, came, "s--", label="came true")
    axes.set(xlabel="days after the cut-off", ylabel="share that has bought", title=title, ylim=(0, None))
    axes.legend()
    return _png(figure)


def importance(names: Sequence[str], gains: Floats, title: str, top: int = 20) -> bytes:
    """The features by their share of the gain."""
    order = np.argsort(-gains, kind="stable")[:top][::-1]
    figure = _figure()
    axes = figure.subplots()
    axes.barh([names[i] for i in order], gains[order] / max(float(gains.sum()), 1e-12))
    axes.tick_params(axis="y", labelsize=7)
    axes.set(xlabel="share of gain", title=title)
    return _png(figure)


def learning(losses: Sequence[float], rounds: int, title: str) -> bytes:
    """Held-out loss by boosting round, and where it was stopped."""
    figure = _figure()
    axes = figure.subplots()
    axes.plot(np.arange(1, len(losses) + 1), losses)
    axes.axvline(max(rounds, 1), color="grey", linewidth=1)
    axes.set(xlabel="round", ylabel="held-out loss", title=title)
    return _png(figure)


def uplift_by_part(predicted: Floats, came: Floats, wide: Floats, title: str) -> bytes:
    """Plot predicted against observed uplift by parts of the effect, with 95% bars."""
    figure = _figure()
    axes = figure.subplots()
    place = np.arange(1, len(predicted) + 1)
    axes.axhline(0.0, color="grey", linewidth=1)
    axes.plot(place, predicted, "s--", label="said")
    axes.errorbar(place, came, yerr=wide, fmt="o", label="came true")
    axes.set(xlabel="part of the contacts, smallest effects first", ylabel="uplift", title=title)
    axes.legend()
    return _png(figure)


def qini_curve(share: Floats, added: Floats, title: str) -> bytes:
    """Plot the Qini curve: incremental purchases by share contacted.

    The largest effects come first; the straight line is chance.
    """
    figure = _figure()
    axes = figure.subplots()
    axes.plot(share, added)
    axes.plot([0, 1], [0, float(added[-1])], color="grey", linewidth=1)
    axes.set(xlabel="share contacted, largest effects first", ylabel="purchases added per customer", title=title)
    return _png(figure)


def by_place(recall: Floats, ndcg: Floats, title: str) -> bytes:
    """Recall and NDCG of lists by their length, (k,) each."""
    figure = _figure()
    axes = figure.subplots()
    place = np.arange(1, len(recall) + 1)
    axes.plot(place, recall, "o-", label="recall")
    axes.plot(place, ndcg, "s--", label="NDCG")
    axes.set(xlabel="products on the list", title=title, ylim=(0, None))
    axes.legend()
    return _png(figure)
