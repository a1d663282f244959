"""Handler of prediction requests, for 1 to 1,000 customers; nothing is reserved or logged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from otokui.domain import DAY, CustomerState, Instant, show_instant
from otokui.errors import OtokuiError
from otokui.frames import Predictions
from serving import metrics
from serving.handlers.decisions import rendering
from serving.handlers.decisions.decision_handler import check_as_of, not_ready
from serving.handlers.decisions.explanation import factors_of
from serving.handlers.decisions.pipeline import MOST_SPLITS, summaries_of, surviving_ids
from serving.handlers.isolation import attributed, isolated
from serving.handlers.request_checks import instant_of
from serving.http.error_detail import report
from serving.http.requests import PredictionRequest
from serving.live.state import Live, LiveState

_LONGEST_DAYS = 36_500.0  # a predicted date more than a century ahead is written as null
_STATES = [str(state) for state in CustomerState]
_WEEKDAYS = [str(day) for day in range(1, 8)]
_HOURS = [f"{3 * span:02}" for span in range(8)]


@dataclass(frozen=True, slots=True)
class PredictionHandler:
    """Handler of batches of prediction requests; the ``work`` of a micro-batcher."""

    state: LiveState
    clock: Callable[[], Instant]

    def __call__(self, requests: Sequence[PredictionRequest]) -> list[bytes | Exception]:
        """Return for each request its reply or its error."""
        live, now = self.state.live, self.clock()
        if live is None:
            return [not_ready() for _ in requests]
        replies: list[bytes | Exception] = [not_ready()] * len(requests)
        groups: dict[Instant, list[int]] = {}
        for position, request in enumerate(requests):
            try:
                as_of = instant_of(request.as_of, now)
                check_as_of(live, as_of)
            except Exception as error:  # an error of this request alone
                replies[position] = attributed(error)
            else:
                groups.setdefault(as_of, []).append(position)
        for as_of, positions in groups.items():
            group_replies = isolated([requests[position] for position in positions], partial(_replies, live, as_of))
            for position, reply in zip(positions, group_replies, strict=True):
                replies[position] = reply
        return replies


def _replies(live: Live, as_of: Instant, requests: Sequence[PredictionRequest]) -> Sequence[bytes | Exception]:
    """Predict for requests of one instant; raise where the batch as a whole fails."""
    splits = [MOST_SPLITS] if len(requests) == 1 else None
    rows, missing, models = _rows(
        live, [(c.customer_id, request.explain) for request in requests for c in request.customers], as_of, splits
    )
    replies, begin = [], 0
    for request in requests:
        head = {
            "request_id": request.request_id,
            "as_of": show_instant(as_of, live.timezone),
            "summarised_at": show_instant(live.summaries.summarised_at, live.timezone),
            "missing": missing,
            "models": models,
        }
        replies.append(rendering.reply(head, "predictions", rows[begin : begin + len(request.customers)]))
        begin += len(request.customers)
    return replies


def _rows(
    live: Live, customers: list[tuple[str, bool]], as_of: Instant, splits: list[int] | None
) -> tuple[list[bytes], dict[str, str], dict[str, str]]:
    try:
        about, _ = surviving_ids(live, [customer_id for customer_id, _ in customers], as_of)
        vectors, predictions = live.engine.predict(summaries_of(live, about, as_of)[0], as_of)
        objects = _objects(predictions, live.timezone)
        for row, (asked, _) in zip(objects, customers, strict=True):
            if row["customer_id"] != asked:
                row |= {"stands_for": row["customer_id"], "customer_id": asked}
        explained = [i for i, (_, explain) in enumerate(customers) if explain]
        if explained:
            some = vectors.rows(np.array(explained, dtype=np.int64))
            for i, factors in zip(explained, factors_of(some, live.models, live.attributes), strict=True):
                objects[i]["factors"] = factors
        metrics.unknown.inc(int((~predictions.known).sum()))
        return [rendering.encode(row) for row in objects], predictions.missing, predictions.models
    except OtokuiError:
        raise
    except Exception as error:  # an error set off by one customer must not fail the others
        if splits is None:
            raise
        report("prediction_failed", error, customers=len(customers))
        if len(customers) == 1 or splits[0] <= 0:
            return [rendering.encode(_failed(customer_id)) for customer_id, _ in customers], {}, {}
        splits[0] -= 1
    half = len(customers) // 2
    (first, missing, models), (second, more_missing, more_models) = (
        _rows(live, part, as_of, splits) for part in (customers[:half], customers[half:])
    )
    return first + second, missing | more_missing, models | more_models


def _objects(predictions: Predictions, timezone: str) -> list[dict[str, Any]]:
    """Return the predictions as JSON objects; NaN is written as null."""
    horizons = [f"{days}d" for days in predictions.horizons_days]
    chances = [f"p_{name}" for name in horizons]
    weekdays, hours = (grid.tolist() for grid in predictions.moments())
    quantiles = [(q, getattr(predictions, f"days_to_next_{q}").tolist()) for q in ("median", "p10", "p90")]
    columns = zip(
        predictions.customer_ids.tolist(),
        predictions.known.tolist(),
        predictions.p_purchase.tolist(),
        predictions.expected_purchases.tolist(),
        predictions.median_purchases.tolist(),
        predictions.expected_spend.tolist(),
        predictions.churn_probability.tolist(),
        predictions.future_loyal_probability.tolist(),
        predictions.state.tolist(),
        strict=True,
    )
    return [
        {
            "customer_id": customer_id,
            "known": known,
            "next_purchase": dict(zip(chances, p, strict=True))
            | {f"{q}_days": days[i] for q, days in quantiles}
            | {f"{q}_date": _date(predictions.as_of, days[i], timezone) for q, days in quantiles},
            "next_purchase_weekday": dict(zip(_WEEKDAYS, weekdays[i], strict=True)),
            "next_purchase_hours": dict(zip(_HOURS, hours[i], strict=True)),
            "expected_purchases": dict(zip(horizons, mean, strict=True)),
            "median_purchases": dict(zip(horizons, median, strict=True)),
            "expected_spend": dict(zip(horizons, spend, strict=True)),
            "churn_probability": churn,
            "future_loyal_probability": loyal,
            "state": _STATES[state] if 0 <= state < len(_STATES) else None,
        }
        for i, (customer_id, known, p, mean, median, spend, churn, loyal, state) in enumerate(columns)
    ]


def _failed(customer_id: str) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(("churn_probability", "future_loyal_probability", "state"))
    objects = ("next_purchase", "next_purchase_weekday", "next_purchase_hours", "expected_purchases", "median_purchases", "expected_spend")
    empty: dict[str, Any] = {name: {} for name in objects}
    return {"customer_id": customer_id, "known": False} | empty | nothing | {"error": rendering.FAILURE}


def _date(as_of: Instant, days: float, timezone: str) -> str | None:
    return show_instant(as_of + int(days * DAY), timezone)[:10] if 0.0 <= days <= _LONGEST_DAYS else None
