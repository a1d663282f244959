"""Registry of all HTTP calls: one line per group of routes.

The service, the OpenAPI document, docs/reference/http.md and the contract tests all read it.
"""

from __future__ import annotations

from itertools import chain
from typing import Final

from serving.http.operations import Operation, operations_of
from serving.routes.catalogue_routes import CatalogueRoutes
from serving.routes.change_routes import ChangeRoutes, TaskRoutes
from serving.routes.customer_routes import CustomerRoutes
from serving.routes.decision_routes import DecisionRoutes
from serving.routes.event_routes import EventRoutes
from serving.routes.feedback_routes import FeedbackRoutes
from serving.routes.group import RouteGroup
from serving.routes.job_routes import JobRoutes
from serving.routes.prediction_routes import PredictionRoutes
from serving.routes.probe_routes import ProbeRoutes
from serving.routes.result_routes import ResultRoutes

GROUPS: Final[tuple[type[RouteGroup], ...]] = (
    DecisionRoutes,
    ChangeRoutes,
    JobRoutes,
    TaskRoutes,
    EventRoutes,
    FeedbackRoutes,
    PredictionRoutes,
    CatalogueRoutes,
    ResultRoutes,
    CustomerRoutes,
)
"""Every group of calls under /v1; one is made of each, from the live state, the limits and the clock."""

OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    chain.from_iterable((made for _, made in operations_of(group)) for group in (*GROUPS, ProbeRoutes))
)
