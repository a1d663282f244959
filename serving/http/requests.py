"""Request types, parsed and validated by msgspec.

msgspec is ten times as fast as pydantic on the hot path.
Unknown fields are refused: a misspelt ``dry_run`` would otherwise make reservations. ``serving.http.responses`` has the replies.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

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


class WebhookQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Query of calls that take webhooks."""

    dialect: Annotated[
        str | None,
        Meta(
            description="dialect of a provider, whose webhook the body is: segment, cloudevents, sendgrid, customerio, klaviyo, line, "
            "shopify. Its signature takes the place of the API key"
        ),
    ] = msgspec.field(name="as", default=None)


Products = Annotated[list[Annotated[str, Meta(min_length=1, max_length=LONGEST)]], Meta(max_length=100)]


class VisitContext(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """Context of a customer's visit.

    The customer is at the site, in the app, in a store, or on the phone. The decision is then for that pull channel and for now.
    """

    channel: Annotated[Name, Meta(description="the pull channel that asks")] | None = None
    page: (
        Annotated[str, Meta(min_length=1, max_length=64, pattern="^[a-z0-9_-]+$", description="kind of page, no address; kept in the log")]
        | None
    ) = None
    products_seen: Annotated[Products, Meta(description="product ids seen in this visit, the newest first; a message may show them")] = []
    cart: Annotated[Products, Meta(description="product ids in the cart; [] = it is empty, left out = as on record")] | None = None
    store: Annotated[str, Meta(min_length=1, max_length=64, description="the shop's id of the store; kept in the log")] | None = None
    at: Annotated[datetime, Meta(tz=True, description="when it was seen, at most a day ago; default as_of")] | None = None


class CustomerRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """One customer, by id, with the context of a visit."""

    customer_id: CustomerKey
    context: Annotated[
        VisitContext,
        Meta(
            description="where the customer is now. Without it no pull channel is chosen. All customers of a call are at the same channel"
        ),
    ] = VisitContext()


class NoContext(Struct, forbid_unknown_fields=True, frozen=True):
    """Empty object: a prediction depends on no context."""


class PredictedCustomer(Struct, forbid_unknown_fields=True, frozen=True):
    """One customer, by id."""

    customer_id: CustomerKey
    context: Annotated[NoContext, Meta(description="empty; a prediction depends on no context")] = NoContext()


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

    customers: Annotated[list[PredictedCustomer], Meta(min_length=1)]
    request_id: Annotated[str, Meta(min_length=1, max_length=255, description="returned in the reply")] | None = None
    as_of: When | None = None
    explain: Annotated[bool, Meta(description="return the strongest features of each prediction (SHAP)")] = False


DECISIONS = msgspec.json.Decoder(DecisionRequest)
PREDICTIONS = msgspec.json.Decoder(PredictionRequest)
