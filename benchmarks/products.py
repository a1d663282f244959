"""Which products next: ours beside popularity, one's own favourites, item-item and implicit matrix factorisation.

Time split: everything is learnt from purchases before the origin and judged on those after it, for customers who bought
before and after. Two questions: any product, and only products the customer had never bought.

    python -m benchmarks.products --data FOLDER
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
from scipy import sparse

from adapters.records.datasets import complete_journey, online_retail
from benchmarks.marked import put
from features.products.candidates import RecommendationInputs, candidates
from features.products.lines import Lines
from features.products.looks import ProductViews
from otokui.domain import Instant, parse_instant
from otokui.frames import Bools, Floats, Ints
from otokui.settings.training import Training
from scoring.pair_models.product_ranking import best, load_ranking
from training.evaluation.product_lists import bought_within, returning
from training.metrics.ranked_lists import hits_of, ndcg_at, recall_at
from training.product_ranking import train_ranking

PLACES = (5, 10)
DRAWS = 1_000
INTRODUCTION = (
    "Learnt before the origin, judged on what was bought after it, for customers who bought before and after; every method on the "
    "same rows in one run (`python -m benchmarks.products --data FOLDER`). Recall counts at most as many products as the list has "
    "places. The last row is a paired bootstrap over customers."
)


@dataclass(frozen=True, slots=True)
class Question:
    """One data set at one origin."""

    name: str
    lines: Lines
    origin: Instant
    days: float


@dataclass(frozen=True, slots=True)
class Answers:
    """Product lists by method: hits (n, 10), and products bought by customer, (n,)."""

    hits: Mapping[str, Bools]
    bought: Ints


def questions(data: Path) -> list[Question]:
    """Read the data sets that are there."""
    out = []
    with tempfile.TemporaryDirectory() as aside:
        if (data / "complete_journey").exists():
            read = complete_journey.read(None, Path(aside)).sources
            tables = {name: pl.read_parquet(path) for name, path in read.items()}
            lines = tables["order_lines"].join(tables["orders"], on="order_id")
            out.append(_question("Complete Journey", lines, tables["products"], "America/New_York", "2017-12-04", 28))
        if (data / "online_retail").exists():
            read = online_retail.read(str(data / "online_retail"), Path(aside)).sources
            tables = {name: pl.read_parquet(path) for name, path in read.items()}
            lines = tables["order_lines"].join(tables["orders"], on="order_id")
            out.append(_question("Online Retail", lines, tables["products"], "Europe/London", "2011-09-10", 90))
    return out


def _question(name: str, lines: pl.DataFrame, products: pl.DataFrame, zone: str, origin: str, days: int) -> Question:
    at = pl.col("ordered_at").cast(pl.Datetime("us")).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("s")
    table = lines.with_columns(ordered_at=at).with_columns(known_at=pl.col("ordered_at"))
    return Question(name, Lines.of(table, products), parse_instant(origin, zone), float(days))


def answers(question: Question, only_new: bool) -> Answers:
    """Let every method make its lists."""
    lines, at = question.lines, question.origin
    size = len(lines.products)
    who = returning(lines, at, question.days, Instant(2**40))
    known = RecommendationInputs.at(lines, ProductViews.of(None, lines), at)
    owned = known.pairs.customer * size + known.pairs.product
    keys = bought_within(lines, at, question.days, Instant(2**40))
    if only_new:
        keys = np.setdiff1d(keys, owned)
        who = np.intersect1d(who, np.unique(keys // size))
    bought = np.bincount(np.searchsorted(who, (keys // size)[np.isin(keys // size, who)]), minlength=len(who))
    most = PLACES[-1]
    hits: dict[str, Bools] = {}
    for name, made in _methods(question, known, who, only_new).items():
        start = time.perf_counter()
        customer, product = made()
        hits[name] = hits_of(who, customer, product, keys, size, most)
        print(f"  {name}: {time.perf_counter() - start:.0f} s")
    return Answers(hits, bought)


Listed = Callable[[], tuple[Ints, Ints]]


def _methods(question: Question, known: RecommendationInputs, who: Ints, only_new: bool) -> dict[str, Listed]:
    lines, pairs, size, most = question.lines, known.pairs, len(question.lines.products), PLACES[-1]
    matrix = sparse.csr_matrix((np.log2(1.0 + pairs.count), (pairs.customer, pairs.product)), shape=(len(lines.customer_ids), size))

    def flat(rows: Ints) -> tuple[Ints, Ints]:
        return np.repeat(who, rows.shape[1]), rows.ravel()

    def popular() -> tuple[Ints, Ints]:
        order = np.argsort(-known.facts.popularity[:, 1], kind="stable")[:2_000]
        owned = matrix[who][:, order].toarray() > 0
        rank = np.where(owned & only_new, 10_000, 0) + np.arange(len(order))
        return flat(order[np.argsort(rank, axis=1, kind="stable")[:, :most]])

    def favourites() -> tuple[Ints, Ints]:
        order = np.lexsort((pairs.product, pairs.recency_days(), -pairs.count, pairs.customer))
        kept = order[np.isin(pairs.customer[order], who)]
        return pairs.customer[kept], pairs.product[kept]

    def fitted(model: object) -> Listed:
        def listed() -> tuple[Ints, Ints]:
            model.fit(matrix, show_progress=False)  # type: ignore[attr-defined]
            found, _ = model.recommend(who, matrix[who], N=most, filter_already_liked_items=only_new)  # type: ignore[attr-defined]
            return flat(np.asarray(found, dtype=np.int64))

        return listed

    def ours() -> tuple[Ints, Ints]:
        ranking = load_ranking(
            train_ranking(lines, ProductViews.of(None, lines), Training(), train_through=question.origin).files, threads=2
        )
        listed = []
        for found in candidates(known, who):
            scores = ranking.scores(found)
            if only_new:
                scores = np.where(found.values[:, 0] > 0, -np.inf, scores)
            listed.append(best(found, scores, most=most, only_showable=False))
        return np.concatenate([x.customer for x in listed]), np.concatenate([x.product for x in listed])

    methods: dict[str, Listed] = {
        "popularity": popular,
        "item-item, cosine (implicit)": fitted(CosineRecommender(K=50, num_threads=2)),
        "item-item, BM25 (implicit)": fitted(BM25Recommender(K=50, num_threads=2)),
        "matrix factorisation, ALS (implicit)": fitted(AlternatingLeastSquares(factors=64, random_state=7, num_threads=2)),
        "ours": ours,
    }
    return methods if only_new else {"own favourites": favourites} | methods


def table(found: Answers, rng: np.random.Generator) -> list[str]:
    """Return rows of one question: figures by method, and ours against the best peer.

    With its interval.
    """
    measures: dict[str, Callable[[Bools, Ints], Floats]] = {"recall": recall_at, "NDCG": ndcg_at}
    columns = [(name, k) for name in measures for k in PLACES]
    by_method = {m: {(n, k): measures[n](h[:, :k], found.bought) for n, k in columns} for m, h in found.hits.items()}
    rows = [f"| {m} | " + " | ".join(f"{v[c].mean():.4f}" for c in columns) + " |" for m, v in by_method.items()]
    draws = rng.integers(0, len(found.bought), (DRAWS, len(found.bought)))
    said = []
    for column in columns:
        peer = max((m for m in by_method if m != "ours"), key=lambda m: float(by_method[m][column].mean()))
        difference = by_method["ours"][column] - by_method[peer][column]
        low, high = np.quantile(difference[draws].mean(axis=1), [0.025, 0.975])
        said.append(f"{difference.mean():+.4f} [{low:+.4f}, {high:+.4f}]")
    return [*rows, "| ours less the best peer [95%] | " + " | ".join(said) + " |"]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="the page to write the tables into, e.g. docs/benchmarks/products.md")
    asked = parser.parse_args()
    rng, said = np.random.default_rng(11), [INTRODUCTION]
    for question in questions(asked.data):
        for only_new in (False, True):
            title = f"{question.name}, {question.days:g} days, {'products never bought before' if only_new else 'any product'}"
            print(title)
            found = answers(question, only_new)
            head = f"| {len(found.bought):,} customers | " + " | ".join(f"{n}@{k}" for n in ("recall", "NDCG") for k in PLACES) + " |"
            part = ["", f"**{title}**", "", head, "|---" * (1 + 2 * len(PLACES)) + "|", *table(found, rng)]
            print("\n".join(part), flush=True)
            said += part
    if asked.page is not None:
        put(asked.page, "products", "\n".join(said))


if __name__ == "__main__":
    main()
