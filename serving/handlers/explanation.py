"""For a call that asks why: the candidates that lost and what spoke against them, and the factors of a prediction."""

from __future__ import annotations

from typing import Any

from decisions.customer_batch import CustomerBatch
from decisions.engine.engine import DecisionEngine
from decisions.wording.column_names import column_name
from otokui.frames import Batch
from scoring import ModelSet, factors

TOP_FACTORS = 5


def candidates(engine: DecisionEngine, batch: CustomerBatch, index: int) -> list[dict[str, Any]]:
    """Return every candidate of one customer of a batch, the chosen one first, with what refused each."""
    return [candidate.to_dict() for candidate in engine.compare(batch.rows(slice(index, index + 1)))]


def factors_of(vectors: Batch, models: ModelSet, attributes: tuple[str, ...] = ()) -> list[dict[str, list[dict[str, Any]]]]:
    """Return for each customer, by label, the features that moved the prediction most (SHAP values).

    attributes: the shop's own columns of customers, which are called as the shop calls them.
    """
    out: list[dict[str, list[dict[str, Any]]]] = [{} for _ in range(len(vectors))]
    for label, model in models.models.items():
        found = factors(vectors, model, TOP_FACTORS)
        for i, row in enumerate(zip(found.names.tolist(), found.values.tolist(), found.contributions.tolist(), strict=True)):
            out[i][str(label)] = [
                {"feature": name, "called": column_name(name, attributes).called, "value": value, "contribution": part}
                for name, value, part in zip(*row, strict=True)
            ]
    return out
