"""Checks of a request before it joins a micro-batch: its ids and its instant.

A value that no store or calendar can take is refused here, with the path of its field. Later it would fail a batch with the requests
of other callers in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeVar

import msgspec

from otokui.domain import DAY, FIRST_YEAR, LAST_YEAR, Instant
from otokui.identity.ids import FIX, LONGEST, fault, normalised
from serving.handlers.visits import check_times, visit_channel
from serving.http.problems import Refused
from serving.http.requests import CustomerRequest, DecisionRequest, PredictedCustomer, PredictionRequest

_LONGEST_KEY: Final = 255

Request = TypeVar("Request", DecisionRequest, PredictionRequest)
Customer = TypeVar("Customer", CustomerRequest, PredictedCustomer)


def checked(request: Request, now: Instant, max_days_ahead: float) -> Request:
    """Return the request with its ids in canonical form.

    Raises:
        Refused: an id is invalid, or as_of lies beyond the calendar or too far ahead; names the field.
    """
    check_name(request.request_id, "request_id", "$.request_id")
    if request.as_of is not None:
        check_instant(request.as_of, now, max_days_ahead)
    if isinstance(request, DecisionRequest):
        visit_channel(request)
        check_times(request, instant_of(request.as_of, now))
    customers = _canonical(request.customers)
    return request if customers is request.customers else msgspec.structs.replace(request, customers=customers)


def check_name(name: str | None, header: str, field: str = "") -> None:
    """Refuse a request key that is too long or holds a control character.

    Raises:
        Refused: says which.
    """
    if name is None:
        return
    if len(name) > _LONGEST_KEY:
        raise Refused(422, f"the {header} is longer than {_LONGEST_KEY} characters", "send a shorter one", code="key-too-long", field=field)
    if any(character < " " or character == "\x7f" for character in name):
        raise Refused(422, f"the {header} holds a control character", "send printable characters", code="key-not-printable", field=field)


def _canonical(customers: list[Customer]) -> list[Customer]:
    """Return the customers with canonical ids; the same list where none changes."""
    changed: dict[int, Customer] = {}
    for position, customer in enumerate(customers):
        text = customer.customer_id
        if text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST and text[0] != " " != text[-1]:
            continue
        why = fault(text)
        if why:
            raise Refused(422, f"the customer id is no id: {why}", FIX, code="invalid-id", field=f"$.customers[{position}].customer_id")
        plain = normalised(text)
        if plain != text:
            changed[position] = msgspec.structs.replace(customer, customer_id=plain)
    return [changed.get(position, customer) for position, customer in enumerate(customers)] if changed else customers


def check_instant(as_of: datetime, now: Instant, max_days_ahead: float) -> None:
    """Refuse an instant beyond the calendar, or too far ahead.

    Raises:
        Refused: says which.
    """
    if not FIRST_YEAR <= as_of.year <= LAST_YEAR:
        raise Refused(
            422,
            f"as_of lies outside the years {FIRST_YEAR} to {LAST_YEAR}",
            "send the instant at which the contact may be decided; left out, it is now",
            code="as-of-out-of-range",
            field="$.as_of",
        )
    if as_of.timestamp() > now + max_days_ahead * DAY:
        raise Refused(
            422,
            f"as_of lies more than {max_days_ahead:g} days ahead",
            "ask nearer to the day; [service] max_as_of_days_ahead says how far ahead is answered",
            code="as-of-out-of-range",
            field="$.as_of",
        )


def instant_of(as_of: datetime | None, now: Instant) -> Instant:
    """Return the instant of a request, by default the clock's."""
    return now if as_of is None else Instant(int(as_of.timestamp()))
