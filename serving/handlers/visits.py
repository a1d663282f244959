"""Context of a decision request: the visit of each customer at a pull channel.

All customers of a request are at one channel, for one policy decides about them. What is not used is refused with its path: a caller
whose cart is ignored in silence would believe that it counted.
"""

from __future__ import annotations

from typing import Final

from decisions.policy.visit import Visit
from otokui.domain import DAY, Instant
from serving.http.problems import Refused
from serving.http.requests import CustomerRequest, DecisionRequest, VisitContext

LONGEST_SECONDS: Final = DAY
"""Age of a context, at most: what was seen before then is history, and reaches the service as events."""
CLOCK_SECONDS: Final = 300
"""How far the caller's clock may be ahead."""


def visit_channel(request: DecisionRequest) -> str | None:
    """Return the pull channel of a request, None = nobody is there.

    Raises:
        Refused: a context without a channel, customers at several channels, or a channel that the request leaves out.
    """
    named = [customer.context.channel for customer in request.customers]
    for position, customer in enumerate(request.customers):
        if customer.context.channel is None and customer.context != VisitContext():
            raise _refused("the context names no channel", "name the pull channel that asks, e.g. site", position)
    channel = named[0]
    other = next((position for position, name in enumerate(named) if name != channel), None)
    if other is not None:
        raise _refused(f"the customers are at different channels ({channel!r}, {named[other]!r})", "send one call per channel", other)
    if channel is not None and request.channels is not None and channel not in request.channels:
        raise _refused(f"channels leaves out {channel!r}, at which the customer is", "leave channels out, or name it there", 0)
    return channel


def check_times(request: DecisionRequest, as_of: Instant) -> None:
    """Refuse contexts that are not of the moment.

    Raises:
        Refused: names the field.
    """
    for position, customer in enumerate(request.customers):
        at = customer.context.at
        if at is not None and not as_of - LONGEST_SECONDS <= at.timestamp() <= as_of + CLOCK_SECONDS:
            raise _refused("the context is not of this moment", "send what the customer does now, or leave at out", position, "at")


def visit_of(customer: CustomerRequest, as_of: Instant) -> Visit | None:
    """Return the visit of a customer as the decision takes it.

    None: the customer is not at a pull channel.
    """
    context = customer.context
    if context.channel is None:
        return None
    return Visit(
        channel=context.channel,
        at=as_of if context.at is None else Instant(min(int(context.at.timestamp()), as_of)),
        page=context.page,
        products_seen=tuple(context.products_seen),
        cart=None if context.cart is None else tuple(context.cart),
        store=context.store,
    )


def _refused(detail: str, fix: str, position: int, field: str = "channel") -> Refused:
    return Refused(422, detail, fix, code="context", field=f"$.customers[{position}].context.{field}")
