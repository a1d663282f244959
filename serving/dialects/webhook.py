"""One webhook call: its signature is checked, then its payload is read.

The signature takes the place of an API key, which providers cannot send. Nothing of a body is parsed before its signature holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from otokui.identity.hashing import MIN_KEY_BYTES
from otokui.settings.service.service import Environment
from otokui.settings.settings import Settings
from serving.dialects.dialect_registry import dialects
from serving.dialects.personal_fields import personal_fields
from serving.dialects.reading import Dialect, DialectReading, Headers, ReadingContext
from serving.http.problems import Refused


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """Secret of a dialect's signatures.

    variable: the environment variable that holds it; value: "" = not set; required: whether a call without it is refused.
    """

    variable: str
    value: str
    required: bool


def configured(settings: Settings, dialect: str, environment: Mapping[str, str]) -> tuple[WebhookSecret, ReadingContext]:
    """Return the secret of a dialect, and the settings for its reader.

    The secret comes from the environment's variables. In production a dialect without a secret is refused. A key of pseudonyms that is too
    short counts as none.
    """
    variable, key = settings.dialects.variable(dialect), environment.get(settings.records.hash_key_env, "").encode()
    required = settings.service.environment is Environment.PRODUCTION
    channels = tuple(channel.name for channel in settings.channels)
    context = ReadingContext(channels, settings.records.attributes, key if len(key) >= MIN_KEY_BYTES else b"", settings.shop.timezone)
    return WebhookSecret(variable, environment.get(variable, ""), required), context


def dialect_named(name: str) -> Dialect:
    """Return a dialect.

    Raises:
        Refused: 400, there is none of that name.
    """
    found = dialects().get(name)
    if found is None:
        known = ", ".join(dialects())
        raise Refused(400, "the dialect of `as` is not known", f"use one of {known}", code="unknown-dialect", field="as")
    return found


def read_webhook(
    dialect: Dialect, headers: Headers, body: bytes, *, secret: WebhookSecret, context: ReadingContext, now: float
) -> DialectReading:
    """Return the items of a call whose signature holds.

    Raises:
        Refused: 401, the signature is wrong or no secret is set; 400, the body is not JSON.
    """
    if not secret.value and secret.required:
        raise Refused(
            401, f"no secret is set for {dialect.name} webhooks", f"set the environment variable {secret.variable}", code="no-secret"
        )
    if secret.value and not dialect.scheme.holds(headers, body, secret.value, now):
        fix = f"sign the body as {dialect.name} does, with the secret in {secret.variable}; docs/how-to/connect-a-provider.md"
        raise Refused(401, "the signature of the call is not of the configured secret", fix, code="wrong-signature")
    try:
        payload = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "the body is not JSON in UTF-8", "send the body as the provider does", code="unreadable-body") from None
    reading = dialect.read(headers, payload, context)
    reading.stripped.update(personal_fields(payload))
    return reading
