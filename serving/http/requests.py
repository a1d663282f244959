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
        description="the shop's pseudonymous customer id: 1 to 128 printable characters in one line. It is normalised to Unicode NFC "
        "without blanks around it, and returned so",
        extra_json_schema={"minLength": 1, "maxLength": LONGEST},  # checked by serving.handlers.request_checks, with the one rule for ids
    ),
]
When = Annotated[
    datetime,
    Meta(
        tz=True,
        description="instant of the decision or prediction, RFC 3339 with offset; default now. Not before the summaries' cut-off, and not "
        "more than [service] max_as_of_days_ahead (400) days ahead",
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=128)]


class CustomerRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """One customer, by id."""

    customer_id: CustomerKey
    context: Annotated[
        dict[str, Any],
        Meta(
            description="context of the call (page, cart, store), any JSON object. Not used yet: it changes neither decision nor "
            "prediction and is not logged. It belongs to the request that an idempotency key names"
        ),
    ] = {}


class DecisionRequest(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Decisions for 1 to 1,000 customers, one row each, in the order of the request."""

    customers: Annotated[list[CustomerRequest], Meta(min_length=1)]
    request_id: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=255,
                description="idempotency key, where the header Idempotency-Key is absent; returned in the reply",
            ),
        ]
        | None
    ) = None
    as_of: When | None = None
    scenarios: Annotated[list[Name], Meta(min_length=1, description="decide among these scenarios only")] | None = None
    channels: Annotated[list[Name], Meta(min_length=1, description="decide among these channels only")] | None = None
    explain: Annotated[bool, Meta(description="return all candidates with the rules that refused them")] = False
    dry_run: Annotated[bool, Meta(description="decide without a reservation and without the log")] = False


class PredictionRequest(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Predictions for 1 to 1,000 customers, one row each, in the order of the request."""

    customers: Annotated[list[CustomerRequest], Meta(min_length=1)]
    request_id: Annotated[str, Meta(min_length=1, max_length=255, description="returned in the reply")] | None = None
    as_of: When | None = None
    explain: Annotated[bool, Meta(description="return the strongest features of each prediction (SHAP)")] = False


DECISIONS = msgspec.json.Decoder(DecisionRequest)
PREDICTIONS = msgspec.json.Decoder(PredictionRequest)
