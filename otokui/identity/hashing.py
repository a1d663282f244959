"""Stable hashing: the same text has the same bucket on every engine, machine and release.

Buckets let a summary count product attributes without a vocabulary to keep in step; collisions are accepted. Control groups are drawn
with the same keyed BLAKE2b (RFC 7693). A pseudonym stands for personal data wherever it comes in: a column of a file, or a webhook.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import Final

MIN_KEY_BYTES: Final = 16
"""Shortest key of pseudonyms, bytes."""


def bucket(text: str, buckets: int) -> int:
    """Return the hash bucket of a text, a number in ``[0, buckets)``."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % buckets


def unit_interval(text: str, key: str) -> float:
    """Return the keyed hash of a text as a number in ``[0, 1)``.

    It depends on ``text`` and ``key`` alone, and is even over texts.
    """
    digest = hashlib.blake2b(text.encode(), digest_size=8, key=key.encode()[:64]).digest()
    return (int.from_bytes(digest, "big") >> 11) / float(1 << 53)


def pseudonym(value: str, key: bytes) -> str:
    """Return the pseudonym of a text, 32 hexadecimal digits.

    Width, case and surrounding blanks do not matter.
    """
    plain = unicodedata.normalize("NFKC", value).strip().casefold()
    return hmac.new(key, plain.encode(), hashlib.blake2b).hexdigest()[:32]
