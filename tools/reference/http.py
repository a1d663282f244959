"""docs/reference/http.md: the service's calls, from the same OpenAPI document that it answers with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from serving.http.openapi import described
from serving.routes.registry import OPERATIONS
from tools.reference.page import cell, code, page, paragraphs, sentence, table

Schema = Mapping[str, Any]


def render() -> str:
    """Return the page."""
    document = described(OPERATIONS)
    calls = [(verb.upper(), path, call) for path, verbs in document["paths"].items() for verb, call in verbs.items() if verb in _VERBS]
    return page(
        "HTTP",
        "the calls registered in `serving/routes/`",
        str(document["info"].get("description", "")),
        "The service describes itself at `/openapi.json` (OpenAPI 3). JSON in snake_case, times in RFC 3339 with offset. Within `/v1`, "
        "fields may be added and are never renamed.",
        table(("call", "what"), ((f"`{verb} {path}`", call.get("summary", "")) for verb, path, call in calls)),
        *(_call(verb, path, call) for verb, path, call in calls),
        "## Shapes",
        *(_shape(name, schema) for name, schema in document.get("components", {}).get("schemas", {}).items()),
    )


_VERBS = ("get", "post", "put", "delete", "patch")


def _call(verb: str, path: str, call: Schema) -> str:
    parts = [f"## {verb} {path}", str(call.get("description") or call.get("summary") or "")]
    if headers := call.get("parameters"):
        parts.append(table(("parameter", "in", "what"), ((code(h["name"]), h["in"], h.get("description", "")) for h in headers)))
    for body in call.get("requestBody", {}).get("content", {}).values():
        parts.append(f"Body: {_kind(body.get('schema', {}))}")
        parts += [_example(body["example"])] if "example" in body else []
    parts.append(table(("status", "what"), ((status, _answer(answer)) for status, answer in call.get("responses", {}).items())))
    for answer in call.get("responses", {}).values():
        parts += [_example(body["example"]) for body in answer.get("content", {}).values() if "example" in body]
    return "\n\n".join(part for part in parts if part)


def _answer(answer: Schema) -> str:
    kinds = [_kind(body["schema"]) for body in answer.get("content", {}).values() if "schema" in body]
    return " ".join([str(answer.get("description", "")), *(f"({kind})" for kind in kinds if kind)])


def _example(value: object) -> str:
    return "```json\n" + json.dumps(value, ensure_ascii=False, indent=2) + "\n```"


def _shape(name: str, schema: Schema) -> str:
    parts = [f"### {name}", paragraphs(schema.get("description"))]
    if properties := schema.get("properties"):
        required = set(schema.get("required", ()))
        rows = ((code(key) + (" *" if key in required else ""), _kind(value), _what(value)) for key, value in properties.items())
        parts.append(table(("field", "kind", "what"), rows))
    elif "enum" in schema:
        parts.append("One of " + ", ".join(map(code, schema["enum"])) + ".")
    return "\n\n".join(part for part in parts if part)


def _what(schema: Schema) -> str:
    parts = [schema, *schema.get("anyOf", ())]  # what is said of an optional field stands with its kind
    what = next((sentence(each["description"]) for each in parts if "description" in each), "")
    limits = [words.format(each[key]) for each in parts for key, words in _LIMITS.items() if each.get(key) not in (None, {}, False)]
    return cell("; ".join(filter(None, [what, *limits])))


_LIMITS = {
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "maxLength": "at most {} characters",
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "default": "default {}",
}


def _kind(schema: Schema) -> str:
    return " or ".join(dict.fromkeys(_kinds(schema)))


def _kinds(schema: Schema) -> Iterator[str]:
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        yield f"[{name}](#{name.lower()})"
    elif options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        for option in options:
            yield from _kinds(option)
    elif "enum" in schema:
        yield "one of " + ", ".join(code(value) for value in schema["enum"])
    elif schema.get("type") == "array":
        yield f"list of {_kind(schema.get('items', {})) or 'anything'}"
    elif isinstance(schema.get("type"), list):
        yield from schema["type"]
    elif "type" in schema:
        yield str(schema.get("format") or schema["type"])
