"""Signature schemes of webhooks, checked over the raw body in constant time.

A scheme reads headers only after it has them all; whatever is missing, malformed or of another time is a wrong signature, never an error.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

TOLERANCE_SECONDS: Final = 300
"""Age of a Standard Webhooks timestamp at most, and how far ahead it may be: five minutes, as its specification says."""


class Scheme(Protocol):
    """Signature scheme of a provider."""

    def holds(self, headers: Mapping[bytes, bytes], body: bytes, secret: str, now: float) -> bool:
        """Return whether the body was signed with the secret."""
        ...


@dataclass(frozen=True, slots=True)
class HmacScheme:
    """HMAC of the body, or of a text around it.

    header: of the signature; before, after: texts around the body, in which ``{timestamp}`` is the header ``timestamp``; base64: else
    hexadecimal; prefix: of the header's value.

    >>> import hmac
    >>> sent = {b"x-signature": hmac.new(b"secret", b"{}", "sha1").hexdigest().encode()}
    >>> HmacScheme(b"x-signature", "sha1").holds(sent, b"{}", "secret", 0.0)
    True
    """

    header: bytes
    digest: str = "sha256"
    before: str = ""
    after: str = ""
    timestamp: bytes = b""
    base64: bool = False

    def holds(self, headers: Mapping[bytes, bytes], body: bytes, secret: str, now: float) -> bool:
        """Return whether the header holds the HMAC of the body."""
        at = headers.get(self.timestamp, b"")
        if self.timestamp and not at:
            return False
        before, after = (text.encode().replace(b"{timestamp}", at) for text in (self.before, self.after))
        made = hmac.new(secret.encode(), before + body + after, self.digest).digest()
        expected = base64.b64encode(made) if self.base64 else made.hex().encode()
        return hmac.compare_digest(expected, headers.get(self.header, b"").strip())


@dataclass(frozen=True, slots=True)
class EcdsaScheme:
    """ECDSA signature over timestamp and body (P-256, SHA-256).

    The secret is the provider's public key, DER in base64.
    """

    header: bytes
    timestamp: bytes

    def holds(self, headers: Mapping[bytes, bytes], body: bytes, secret: str, now: float) -> bool:
        """Return whether the signature is of the key."""
        try:
            key = load_der_public_key(base64.b64decode(secret))
            signature = base64.b64decode(headers.get(self.header, b""), validate=True)
        except (ValueError, binascii.Error):
            return False
        if not isinstance(key, ec.EllipticCurvePublicKey) or not headers.get(self.timestamp):
            return False
        try:
            key.verify(signature, headers[self.timestamp] + body, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class StandardWebhooksScheme:
    """Standard Webhooks: HMAC-SHA256 of id, timestamp and body, within five minutes.

    Source: https://www.standardwebhooks.com
    """

    def holds(self, headers: Mapping[bytes, bytes], body: bytes, secret: str, now: float) -> bool:
        """Return whether one of the signatures is of the secret, and the timestamp of now."""
        try:
            name, at = headers[b"webhook-id"].decode(), int(headers[b"webhook-timestamp"])
            if abs(now - at) > TOLERANCE_SECONDS:
                return False
            expected = Webhook(secret).sign(name, datetime.fromtimestamp(at, UTC), body.decode()).encode()
        except (KeyError, ValueError, EmptyWebhookSecretError):
            return False
        return any(hmac.compare_digest(expected, sent) for sent in headers.get(b"webhook-signature", b"").split())
