"""Product lists: order lines in, learnt ranking, every customer's best products out.

Learnt with the other models in ``train`` and listed with the summaries in ``materialise`` and ``decide``; a shop without product ids
goes on without, and is told so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import polars as pl
import pyarrow as pa

from decisions.selection.product_display import ProductLists
from features.products.candidates import ProductCandidates, RecommendationInputs, candidates
from features.products.lines import LINES, Lines
from features.products.looks import LOOKS, ProductViews
from otokui.domain import Instant
from otokui.errors import NotEnoughData
from otokui.ports.stores import RecordSource
from scoring.pair_models.product_ranking import SHOWN, Ranking, best


def product_lines(source: RecordSource, before: Instant) -> tuple[Lines, ProductViews]:
    """Return product purchases and product views known before an instant.

    Raises:
        NotEnoughData: the shop's orders name no products.
    """
    tables = source.tables()
    if "order_lines" not in tables:
        raise NotEnoughData("the shop has no purchases", fix="run `otokui ingest --shop SHOP transactions=FILE` first")
    stood = source.frame("order_lines", before).filter(nw.col("cancelled_at").is_null() & ~nw.col("product_id").is_null())
    lines: pl.DataFrame = stood.select(*LINES).collect(backend="polars").to_native()
    if lines["product_id"].n_unique() < 2:
        raise NotEnoughData("the orders name no products", fix="bring orders with product_id; until then messages name no products")
    described = source.frame("products", before).collect(backend="polars").to_native() if "products" in tables else None
    events = None
    if "events" in tables:
        views = source.frame("events", before).filter(nw.col("type").is_in(list(LOOKS)) & ~nw.col("product_id").is_null())
        events = views.select("customer_id", "product_id", "type", "occurred_at", "known_at").collect(backend="polars").to_native()
    known = Lines.of(lines, described, also_seen=None if events is None else events["product_id"])
    return known, ProductViews.of(events, known)


@dataclass(frozen=True)
class ListMaker:
    """Maker of product lists for the customers asked for, and only for them.

    In a night most customers are left alone.
    """

    known: RecommendationInputs
    ranking: Ranking

    def fetch(self, customer_ids: Sequence[str]) -> ProductLists:
        """Return the product lists of the customers asked for, in that order.

        Empty where nothing was bought.
        """
        ids = self.known.lines.customer_ids
        number = (
            np.searchsorted(ids, np.array(list(customer_ids), dtype=object)) if len(ids) else np.zeros(len(customer_ids), dtype=np.int64)
        )
        there = np.array([n < len(ids) and ids[n] == c for n, c in zip(number, customer_ids, strict=True)], dtype=np.bool_)
        products = np.full((len(customer_ids), SHOWN), None, dtype=object)
        why = np.zeros((len(customer_ids), SHOWN), dtype=np.int64)
        customers = np.unique(number[there])
        row_of = np.full(len(ids), -1, dtype=np.int64)
        row_of[number[there]] = np.flatnonzero(there)
        for shortlist in candidates(self.known, customers):
            ranked = best(shortlist, self.ranking.scores(shortlist))
            place = np.arange(len(ranked.customer)) - np.searchsorted(ranked.customer, ranked.customer, side="left")
            row = row_of[ranked.customer]
            products[row, place] = self.known.lines.products.product_ids[ranked.product]
            why[row, place] = ranked.why
        return ProductLists(products, why)


def listed(maker: ListMaker) -> Iterator[pa.Table]:
    """Yield the best products of everybody who has bought, as customer_id, products, why; best first."""
    for shortlist in candidates(maker.known, np.unique(maker.known.pairs.customer)):
        yield _table(maker.known.lines, shortlist, maker.ranking)


def _table(lines: Lines, shortlist: ProductCandidates, ranking: Ranking) -> pa.Table:
    ranked = best(shortlist, ranking.scores(shortlist))
    customers, begin = np.unique(ranked.customer, return_index=True)
    offsets = pa.array(np.append(begin, len(ranked.customer)).astype(np.int32))
    products = pa.array(lines.products.product_ids[ranked.product].tolist(), type=pa.string())
    return pa.table(
        {
            "customer_id": pa.array(lines.customer_ids[customers].tolist(), type=pa.string()),
            "products": pa.ListArray.from_arrays(offsets, products),
            "why": pa.ListArray.from_arrays(offsets, pa.array(ranked.why.astype(np.int16))),
        }
    )
