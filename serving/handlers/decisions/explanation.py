"""Explanations: the refused candidates of a decision and the factors of a prediction."""

from __future__ import annotations

from typing import Any

from decisions.customer_batch import CustomerBatch
from decisions.engine.engine import DecisionEngine
from decisions.wording.column_names import column_name
from otokui.frames import Batch
from scoring import ModelSet, factors

TOP_FACTORS = 5


def candidates(engine: DecisionEngine, batch: CustomerBatch, index: int) -> list[dict[str, Any]]:
    """Return every candidate of one customer, the chosen one first, with its refusal."""
    return [candidate.to_dict() for candidate in engine.compare(batch.rows(slice(index, index + 1)))]


def factors_of(vectors: Batch, models: ModelSet, attributes: tuple[str, ...] = ()) -> list[dict[str, list[dict[str, Any]]]]:
    """Return for each customer, by label, the strongest features of the prediction (SHAP values).

    attributes: the shop's own columns of customers; they keep the shop's names.
    """
    out: list[dict[str, list[dict[str, Any]]]] = [{} for _ in range(len(vectors))]
    for label, model in models.models.items():
        contributions = factors(vectors, model, TOP_FACTORS)
        for i, row in enumerate(
            zip(contributions.names.tolist(), contributions.values.tolist(), contributions.contributions.tolist(), strict=True)
        ):
            out[i][str(label)] = [
                {"feature": name, "called": column_name(name, attributes).called, "value": value, "contribution": part}
                for name, value, part in zip(*row, strict=True)
            ]
    return out
