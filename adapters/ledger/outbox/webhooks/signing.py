"""Signatures of webhooks by the rules of Standard Webhooks (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook as Signer

from otokui.errors import BadSettings
from otokui.settings.service.webhooks import Webhook

_PREFIX = "whsec_"


def secret_of(webhook: Webhook, environment: Mapping[str, str]) -> bytes:
    """Return the secret of an endpoint.

    Raises:
        BadSettings: the environment variable is not set, or holds no secret.
    """
    text = environment.get(webhook.secret_env, "")
    try:
        secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if not 24 <= len(secret) <= 64:
        raise BadSettings(
            f"webhook {webhook.name!r}: {webhook.secret_env} holds no secret",
            fix="set it to whsec_ and 24 to 64 random bytes in Base64, the same as the receiver has",
        )
    return secret


def signed_headers(secret: bytes, webhook_id: str, at: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message; ``at`` in UTC seconds."""
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": Signer(secret).sign(webhook_id, datetime.fromtimestamp(at, UTC), body.decode()),
    }
