"""Base of a group of HTTP calls on one subject.

It holds what its handlers may use, and its start and stop. A group reads the live models, policy and stores through ``state``, so that its
calls see a swap at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from otokui.domain import Instant
from otokui.settings.service.service import Service
from serving.http.personal_values import PersonalValues
from serving.http.problems import Refused
from serving.http.requests import CustomerRequest, PredictedCustomer
from serving.live.state import LiveState


@dataclass(slots=True)
class RouteGroup:
    """HTTP calls on one subject; methods decorated with ``serving.http.operations.Operation``.

    state: live models, policy and stores; limits: ``[service]`` of the settings; clock: now;
    personal: what is refused in ids.
    """

    state: LiveState
    limits: Service
    clock: Callable[[], Instant]
    personal: PersonalValues

    def start(self) -> None:
        """Start the workers of the group; called once, before the first call."""

    def stop(self) -> None:
        """Answer the calls that have arrived, then stop the workers."""

    def check_customers(self, customers: Sequence[CustomerRequest | PredictedCustomer]) -> None:
        """Refuse too many customers, and ids that name a person.

        Raises:
            Refused: 413 or 422.
        """
        self.check_count(customers, self.limits.max_customers, "customers", _SPLIT)
        self.personal.refuse((f"$.customers[{place}].customer_id", each.customer_id) for place, each in enumerate(customers))

    def check_count(self, items: Sequence[Any], most: int, noun: str, fix: str) -> None:
        """Refuse more items than a call may hold.

        Raises:
            Refused: 413.
        """
        if len(items) > most:
            detail = f"{len(items)} {noun} were sent, at most {most} fit in a call"
            raise Refused(413, detail, fix, code=f"too-many-{noun}", field=f"$.{noun}")


_SPLIT = "split them over several calls, or post a decision job for a long list or the whole base"
