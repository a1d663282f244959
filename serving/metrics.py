"""Metrics of the service for Prometheus, with a closed set of labels.

BentoML's own metrics are switched off: they label the raw path, so calls of random paths would fill the memory.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)

requests = Counter("otokui_requests_total", "Calls answered, by call and HTTP status.", ["call", "status"])
seconds = Histogram("otokui_request_seconds", "Seconds from the whole body to the answer.", ["call"], buckets=_BUCKETS)
decided = Counter("otokui_decisions_total", "Customers decided for, by status of the decision; dry runs left out.", ["status"])
items = Counter("otokui_items_total", "Items of events and feedback, by status.", ["status"])
waiting = Gauge("otokui_inbox_waiting_customers", "Customers whose items are not in their summaries yet.", multiprocess_mode="livemax")
unknown = Counter("otokui_unknown_customers_total", "Customers asked for of whom nothing is on record.")
ledger_failures = Counter("otokui_ledger_failures_total", "Calls in which the ledger could not be used.")
ledger_behind = Gauge("otokui_ledger_behind", "1 while the ledger lacks what is on record.", multiprocess_mode="livemax")
swaps = Counter("otokui_swaps_total", "Changes of models or summaries, by what and outcome.", ["what", "outcome"])
ready = Gauge("otokui_ready", "1 when decisions can be made.", multiprocess_mode="livemin")
summarised_at = Gauge("otokui_summarised_at_seconds", "Cut-off of the summaries that are served.", multiprocess_mode="livemin")
trained_through = Gauge(
    "otokui_trained_through_seconds", "What the live model was trained on, by label.", ["label"], multiprocess_mode="livemin"
)


def exposition() -> bytes:
    """Return all metrics as text, over all workers where there are several."""
    # The library chose its mode when it was imported; the environment may have changed since.
    if values.ValueClass is values.MutexValue:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
