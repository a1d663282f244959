"""The OpenAPI 3.1 document, generated from the types that parse the requests."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from otokui import __version__
from serving.http.problems import MEDIA_TYPE, Problem
from serving.http.requests import DecisionRequest, PredictionRequest
from serving.http.responses import Decision, DecisionReply, PredictionReply, Readiness, Replayed

_REF = "#/components/schemas/{name}"
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "A retry with the same key and request gets the same reply, byte for byte, for at least 24 hours, and makes no second "
    "reservation. The same key with another request is answered with 409.",
}
_REFUSALS = {
    "400": "the body is not JSON",
    "404": "no call has this path",
    "408": "the body was not complete in time",
    "409": "the Idempotency-Key was used for another request",
    "413": "too many customers, or too many bytes",
    "415": "the body is not declared as JSON",
    "422": "a field is not valid; `field` is its path",
    "429": "too many calls at once; see Retry-After",
    "431": "the headers are too large",
    "503": "no models or summaries yet, or no reply in time; see Retry-After",
}
_EXAMPLE = {"customers": [{"customer_id": "c-17"}], "request_id": "2025-04-01-0001", "dry_run": True}


@cache
def document() -> bytes:
    """Return the OpenAPI document as JSON."""
    return msgspec.json.encode(described())


def described() -> dict[str, Any]:
    """Return the OpenAPI document as a mapping."""
    types = (DecisionRequest, DecisionReply, PredictionRequest, PredictionReply, Decision, Replayed, Readiness, Problem)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    named = dict(zip((t.__name__ for t in types), schemas, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Otokui",
            "version": __version__,
            "description": "Decisions and predictions for a send engine. Times are RFC 3339; unknown fields are refused.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/v1/decisions": {
                "post": _call(
                    "Decide for 1 to 1,000 customers",
                    "One row per customer, in the order of the request. Unless it is a dry run, a contact is reserved under the frequency "
                    "caps until `valid_until`. Where the ledger cannot be read, the decision is `suppressed: state_unavailable`, never a "
                    "contact. "
                    "While the ledger lacks opt-outs that are on record, it is `suppressed: ledger_behind`.",
                    named["DecisionRequest"],
                    named["DecisionReply"],
                    _EXAMPLE,
                    keyed=True,
                )
            },
            "/v1/decisions/{decision_id}": {
                "get": _of_one(
                    "Look up one decision",
                    "Returns the decision as it was answered, with its reasons. Decisions of a dry run are not logged.",
                    named["Decision"],
                )
            },
            "/v1/decisions/{decision_id}/replay": {
                "post": _of_one(
                    "Replay one decision",
                    "Decides again from the logged inputs, with the models and the policy of then, not with the live ones. `same`: "
                    "every byte is equal; `differing`: the fields that differ; `why`: the reason where a replay is not possible.",
                    named["Replayed"],
                )
            },
            "/v1/predictions": {
                "post": _call(
                    "Predict for 1 to 1,000 customers",
                    "Next purchase, counts, spend, churn and future loyalty. Nothing is reserved or logged.",
                    named["PredictionRequest"],
                    named["PredictionReply"],
                    {"customers": [{"customer_id": "c-17"}], "explain": True},
                )
            },
            "/livez": {"get": _probe("Whether the process answers", {"200": {"description": "the process answers"}})},
            "/readyz": {
                "get": _probe(
                    "Whether decisions can be made, and why not",
                    {
                        status: {"description": text, "content": {"application/json": {"schema": named["Readiness"]}}}
                        for status, text in (("200", "decisions can be made"), ("503", "not ready; see `reasons`"))
                    },
                )
            },
            "/metrics": {"get": _probe("Counters for Prometheus", {"200": {"description": "text", "content": {"text/plain": {}}}})},
        },
        "components": {"schemas": components},
    }


def _call(summary: str, text: str, takes: Any, gives: Any, example: Any, *, keyed: bool = False) -> dict[str, Any]:
    refusals = {status: description for status, description in _REFUSALS.items() if keyed or status != "409"}
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {
        "summary": summary,
        "description": text,
        "operationId": summary.split(maxsplit=1)[0].lower(),
        "parameters": [_KEY] if keyed else [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": takes, "example": example}}},
        "responses": {"200": {"description": "answered", "content": {"application/json": {"schema": gives}}}}
        | {status: {"description": description, "content": problem} for status, description in refusals.items()},
    }


def _of_one(summary: str, text: str, gives: Any) -> dict[str, Any]:
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}
    refusals = {"404": "no decision of this id is logged", **{status: _REFUSALS[status] for status in ("422", "429", "503")}}
    return {
        "summary": summary,
        "description": text,
        "operationId": summary.split(maxsplit=1)[0].lower(),
        "parameters": [
            {
                "name": "decision_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                "description": "id of the decision, from its row",
            }
        ],
        "responses": {"200": {"description": "answered", "content": {"application/json": {"schema": gives}}}}
        | {status: {"description": description, "content": problem} for status, description in refusals.items()},
    }


def _probe(summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "responses": responses}
