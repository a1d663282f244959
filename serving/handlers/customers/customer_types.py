"""Replies of the calls on one customer (`GET`, `DELETE /v1/customers/{customer_id}`)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

Rows = Annotated[dict[str, list[dict[str, Any]]], Meta(description="rows by table, every version, as they are stored")]


class DisclosureReply(Struct, kw_only=True):
    """Everything on record and decided about one customer."""

    customer_id: str
    disclosed_at: str
    records: Rows
    quarantine: Rows
    ledger: Annotated[
        dict[str, list[dict[str, Any]]],
        Meta(description="consents, suppressions, refusals, contacts, reservations, identities, logged decisions and items of the inbox"),
    ]
    decisions: Annotated[list[dict[str, Any]], Meta(description="decisions of nightly runs and jobs, with their run")]
    predictions: Annotated[dict[str, Any] | None, Meta(description="as `POST /v1/predictions` gives them now; null = no model is live")]


class ErasureReply(Struct, kw_only=True):
    """Erasure of one customer: pending, or done with its proof."""

    customer: Annotated[str, Meta(description="keyed hash of the id, which stands in no store any more")]
    status: Annotated[str, Meta(description="pending: contacts have ended, files are being rewritten; done: the proof is whole")]
    requested_at: str
    finished_at: str | None = None
    proof: Annotated[dict[str, Any] | None, Meta(description="what was erased where, with counts; as in SHOP/erasures")] = None
