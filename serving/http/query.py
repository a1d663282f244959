"""Parameters of the query, parsed into the struct that the call's registration names.

An unknown parameter is refused, as an unknown field is: a misspelt `limit` would otherwise return everything.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from serving.http import problems
from serving.http.problems import Refused

_MOST = 50


def parse_query(text: bytes, kind: Any) -> Any:
    """Return the parameters as an instance of ``kind``, a msgspec struct; None where the call has none and none are sent.

    Raises:
        Refused: 422 where a parameter is unknown, repeated or not valid; names it.
    """
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST, errors="strict") if text else []
    except ValueError:
        raise Refused(422, "the query is not readable, or too long", "send name=value pairs in UTF-8", code="query") from None
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Refused(422, "a parameter of the query is repeated", "send each parameter once", code="query")
    if kind is None:
        if values:
            raise Refused(422, "the call has no parameters in its query", "leave them out", code="unknown-parameter")
        return None
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise problems.of_validation(error) from None
