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
    "description": "The same key and request: the same answer, byte for byte, for at least 24 hours, and no second place. "
    "Another request under it: 409.",
}
_REFUSALS = {
    "400": "the body is not JSON",
    "404": "there is no such call",
    "408": "the body was not whole in time",
    "409": "the Idempotency-Key was used for another request",
    "413": "too many customers, or too many bytes",
    "415": "the body is not declared as JSON",
    "422": "a field cannot be meant; `field` is its path",
    "429": "too many calls at once; see Retry-After",
    "431": "the headers are too large",
    "503": "nothing to decide with, or no answer in time; see Retry-After",
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
                    "One row per customer, in the order asked. A decision that is not a dry run reserves its place under the caps "
                    "until `valid_until`. "
                    "Where consent or caps cannot be read, the answer is `suppressed: state_unavailable`, never a contact; while the "
                    "ledger lacks opt-outs that are on record, it is `suppressed: ledger_behind`.",
                    named["DecisionRequest"],
                    named["DecisionReply"],
                    _EXAMPLE,
                    keyed=True,
                )
            },
            "/v1/decisions/{decision_id}": {
                "get": _of_one(
                    "Look up one decision", "As it was answered, with the reasons; decisions of a dry run are not kept.", named["Decision"]
                )
            },
            "/v1/decisions/{decision_id}/replay": {
                "post": _of_one(
                    "Replay one decision",
                    "Made again from its logged inputs, with the models and the policy that made it, whatever is live now. `same` says "
                    "whether every byte is as it was, `differing` what is not, `why` why it cannot be made again.",
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
            "/livez": {"get": _probe("Whether the process answers", {"200": {"description": "it does"}})},
            "/readyz": {
                "get": _probe(
                    "Whether decisions can be made, and why not",
                    {
                        status: {"description": text, "content": {"application/json": {"schema": named["Readiness"]}}}
                        for status, text in (("200", "they can"), ("503", "not yet: see reasons"))
                    },
                )
            },
            "/metrics": {"get": _probe("Counters for Prometheus", {"200": {"description": "text", "content": {"text/plain": {}}}})},
        },
        "components": {"schemas": components},
    }


def _call(summary: str, text: str, takes: Any, gives: Any, example: Any, *, keyed: bool = False) -> dict[str, Any]:
    refusals = {status: said for status, said in _REFUSALS.items() if keyed or status != "409"}
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {
        "summary": summary,
        "description": text,
        "operationId": summary.split(maxsplit=1)[0].lower(),
        "parameters": [_KEY] if keyed else [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": takes, "example": example}}},
        "responses": {"200": {"description": "answered", "content": {"application/json": {"schema": gives}}}}
        | {status: {"description": said, "content": problem} for status, said in refusals.items()},
    }


def _of_one(summary: str, text: str, gives: Any) -> dict[str, Any]:
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}
    refusals = {"404": "no decision of this id is logged", **{status: _REFUSALS[status] for status in ("422", "429", "503")}}
    return {
        "summary": summary,
        "description": text,
        "operationId": summary.split(maxsplit=1)[0].lower(),
        "parameters": [{"name": "decision_id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "answered", "content": {"application/json": {"schema": gives}}}}
        | {status: {"description": said, "content": problem} for status, said in refusals.items()},
    }


def _probe(summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "responses": responses}
