"""Request types, parsed and validated by msgspec.

msgspec is ten times as fast as pydantic on the hot path.
Unknown fields are refused: a misspelt ``dry_run`` would otherwise make reservations. ``serving.http.responses`` has the replies.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from otokui.identity.ids import LONGEST

CustomerKey = Annotated[
    str,
    Meta(
        description="the shop's own pseudonymous id of the customer: 1 to 128 printable characters in one line; read, and given back, in "
        "Unicode's composed form (NFC) without blanks around it",
        extra_json_schema={"minLength": 1, "maxLength": LONGEST},  # checked by serving.handlers.request_checks, with the one rule for ids
    ),
]
When = Annotated[
    datetime,
    Meta(
        tz=True,
        description="RFC 3339 with offset; default now; never before the summaries' cut-off, nor more than "
        "[service] max_as_of_days_ahead (400) days ahead",
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=128)]


class CustomerRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """One customer, by id."""

    customer_id: CustomerKey
    context: Annotated[
        dict[str, Any],
        Meta(
            description="what the caller knows of the moment (page, cart, store): any JSON object is accepted, none is looked at yet. "
            "It changes neither decision nor prediction and is not logged; the digest of a body under an idempotency key covers it"
        ),
    ] = {}


class DecisionRequest(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Decisions for 1 to 1,000 customers, one row each, in the order of the request."""

    customers: Annotated[list[CustomerRequest], Meta(min_length=1)]
    request_id: (
        Annotated[str, Meta(min_length=1, max_length=255, description="as the header Idempotency-Key, which goes before it")] | None
    ) = None
    as_of: When | None = None
    scenarios: Annotated[list[Name], Meta(min_length=1, description="offer only these scenarios")] | None = None
    channels: Annotated[list[Name], Meta(min_length=1, description="offer only over these channels")] | None = None
    explain: Annotated[bool, Meta(description="add the candidates that lost, and why")] = False
    dry_run: Annotated[bool, Meta(description="decide without reserving a place or logging")] = False


class PredictionRequest(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Predictions for 1 to 1,000 customers, one row each, in the order of the request."""

    customers: Annotated[list[CustomerRequest], Meta(min_length=1)]
    request_id: Annotated[str, Meta(min_length=1, max_length=255, description="comes back in the answer")] | None = None
    as_of: When | None = None
    explain: Annotated[bool, Meta(description="add the factors that moved each prediction most")] = False


DECISIONS = msgspec.json.Decoder(DecisionRequest)
PREDICTIONS = msgspec.json.Decoder(PredictionRequest)
