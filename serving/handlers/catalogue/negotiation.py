"""Content negotiation of HTTP replies: language and version (RFC 9110).

A caller that has the latest version receives 304.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta, Struct

from otokui.wording.i18n import SOURCE, languages
from serving.http.operations import JSON, Call, HttpResponse
from serving.http.problems import Refused

UNCHANGED: Final = 304
_LONGEST = 200


class LanguageQuery(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Language of the reply."""

    language: (
        Annotated[str, Meta(max_length=16, description="language of titles and sentences (en, ja, …); default: Accept-Language")] | None
    ) = None


def language_of(call: Call, of_shop: str | None) -> str:
    """Return the language to reply in.

    Raises:
        Refused: 422 where the query names a language without a catalogue.
    """
    asked = call.query.language
    if asked is None:
        accepted = _accepted(call.headers.get(b"accept-language", b"").decode("latin-1"))
        return next((language for language in accepted if language in languages()), of_shop or SOURCE)
    if asked not in languages():
        raise Refused(
            422,
            "the language has no catalogue",
            f"ask for one of {', '.join(languages())}, or leave it out",
            code="language",
            field="language",
        )
    return str(asked)


def _accepted(header: str) -> list[str]:
    """Return the primary languages of a header, the most wanted first; what cannot be read is passed over."""
    ranked: list[tuple[float, int, str]] = []
    for place, each in enumerate(header[:_LONGEST].split(",")):
        tag, _, weight = each.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if quality > 0.0:
            ranked.append((-quality, place, tag.strip().lower().partition("-")[0]))
    return [language for _, _, language in sorted(ranked)]


def conditional(call: Call, body: bytes, headers: Mapping[str, str] | None = None, *, media_type: str = JSON) -> HttpResponse:
    """Return the reply with an ETag of its bytes, or 304.

    304 without a body is returned where ``If-None-Match`` names that ETag. The comparison is weak, as RFC 9110 asks for: a proxy that
    compresses marks the tag with ``W/``.
    """
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {each.strip().removeprefix("W/") for each in call.headers.get(b"if-none-match", b"").decode("latin-1").split(",")}
    sent = {"etag": tag, "cache-control": "private, no-cache", **(headers or {})}
    return HttpResponse(b"", UNCHANGED, media_type, sent) if known & {tag, "*"} else HttpResponse(body, 200, media_type, sent)
