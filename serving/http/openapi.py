"""The OpenAPI 3.1 document, generated from the registered calls.

msgspec writes the schema of a type, and the same type parses the request; so the document says exactly what is accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from otokui import __version__
from serving.http.operations import NAMED_ID, Operation
from serving.http.problems import MEDIA_TYPE, Problem

_REF: Final = "#/components/schemas/{name}"
_PROBLEM: Final = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}
_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "an API key of `otokui key create`; not asked for where [service] access is open",
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "A retry with the same key and request gets the same reply, byte for byte, for at least 24 hours, and makes no second "
    "reservation. The same key with another request is answered with 409.",
}


def document(operations: Sequence[Operation]) -> bytes:
    """Return the OpenAPI document as JSON."""
    return msgspec.json.encode(described(operations))


def described(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document as a mapping."""
    queries = list(dict.fromkeys(operation.query for operation in operations if operation.query is not None))
    types = [*dict.fromkeys(kind for operation in operations for kind in _types(operation)), Problem]
    schemas, components = msgspec.json.schema_components([*types, *queries], ref_template=_REF)
    fields: dict[Any, Any] = {}
    for query, schema in zip(queries, schemas[len(types) :], strict=True):
        name = schema["$ref"].rsplit("/", 1)[-1]
        # A query is no object on the wire: its fields are the parameters of the call.
        fields[query] = components[name] if query in types else components.pop(name)
    known = dict(zip(types, schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = _described(operation, known, fields.get(operation.query, {}))
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Otokui",
            "version": __version__,
            "description": "Decisions and predictions for a send engine. Times are RFC 3339; unknown fields are refused.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"key": _BEARER}},
    }


def _types(operation: Operation) -> Iterator[Any]:
    yield from (kind for kind in (operation.takes, operation.gives, *operation.replies.values()) if kind is not None)


def _described(operation: Operation, schemas: Mapping[Any, Any], query: Mapping[str, Any]) -> dict[str, Any]:
    def content(kind: Any, media_types: Sequence[str]) -> dict[str, Any]:
        return {media_type: {} if kind is None else {"schema": schemas[kind]} for media_type in media_types}

    said: dict[str, Any] = {"summary": operation.summary, "operationId": operation.operation_id}
    if operation.description:
        said["description"] = operation.description
    said |= {"security": []} if operation.roles is None else {"security": [{"key": []}], "x-roles": sorted(operation.roles)}
    if operation.signed:
        said["security"] = [{"key": []}, {}]  # or the signature of the dialect that `as` names
    if parameters := [*_path_parameters(operation), *_query_parameters(query), *([_KEY] if operation.keyed else [])]:
        said["parameters"] = parameters
    if operation.takes is not None:
        body = content(operation.takes, operation.accepts)
        if operation.example is not None:
            body[operation.accepts[0]]["example"] = operation.example
        said["requestBody"] = {"required": True, "content": body}
    replies = {operation.status: operation.gives} | dict(operation.replies)
    said["responses"] = {
        **{
            str(status): {"description": _ANSWERED if status < 400 else _REFUSED, "content": content(kind, operation.media_types)}
            for status, kind in replies.items()
        },
        **{str(status): {"description": text, "content": _PROBLEM} for status, text in operation.all_refusals().items()},
    }
    return said


_ANSWERED: Final = "answered"
_REFUSED: Final = "not now; the reply says why"


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": operation.parameters.get(name, NAMED_ID),
        }
        for name in operation.named
    ]


def _query_parameters(query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters of the query, one for each field of the struct."""
    required = set(query.get("required", ()))
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": {key: value for key, value in schema.items() if key != "description"},
            "description": schema.get("description", ""),
        }
        for name, schema in query.get("properties", {}).items()
    ]
