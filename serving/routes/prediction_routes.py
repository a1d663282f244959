"""Calls on predictions: next purchase, churn, future loyalty and spend of given customers."""

from __future__ import annotations

from dataclasses import dataclass, field

from serving.handlers.micro_batching import MicroBatcher
from serving.handlers.predictions import PredictionHandler
from serving.handlers.request_checks import checked
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.request_bodies import read
from serving.http.requests import PREDICTIONS, PredictionRequest
from serving.http.responses import PredictionReply
from serving.routes.decision_routes import DECIDERS
from serving.routes.group import RouteGroup


@dataclass(slots=True)
class PredictionRoutes(RouteGroup):
    """Predictions, made in micro-batches; nothing is reserved or logged."""

    _predict: MicroBatcher[PredictionRequest, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._predict = MicroBatcher(PredictionHandler(self.state, self.clock), self.limits.max_customers)

    def start(self) -> None:
        """Start the worker that predicts."""
        self._predict.start()

    def stop(self) -> None:
        """Predict for the calls that have arrived, then stop."""
        self._predict.stop()

    @Operation(
        "POST",
        "/v1/predictions",
        name="predictions",
        roles=DECIDERS,
        takes=PredictionRequest,
        gives=PredictionReply,
        counted=True,
        refusals={413: "too many customers, or too many bytes", 503: "no models or summaries yet, or no reply in time; see Retry-After"},
        example={"customers": [{"customer_id": "c-17"}], "explain": True},
    )
    async def predict(self, call: Call) -> HttpResponse:
        """Predict for 1 to 1,000 customers.

        Next purchase, counts, spend, churn and future loyalty. Nothing is reserved or logged.
        """
        request = read(PREDICTIONS, call.body)
        self.check_customers(request.customers)
        request = checked(request, self.clock(), self.limits.max_as_of_days_ahead)
        return HttpResponse(await self._predict(request, len(request.customers)), customers=len(request.customers))
