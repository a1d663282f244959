"""Stable hashing: the same text falls in the same bucket on every engine, machine and release.

Buckets let a summary count tastes without a vocabulary that would have to be kept in step; collisions
are accepted. Groups (holdouts) are drawn with the same keyed BLAKE2b (RFC 7693).
"""

from __future__ import annotations

import hashlib


def bucket(text: str, buckets: int) -> int:
    """Return a number in ``[0, buckets)`` that depends on ``text`` alone."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % buckets


def unit_interval(text: str, key: str) -> float:
    """Return a number in ``[0, 1)`` that depends on ``text`` and ``key`` alone, evenly spread over texts."""
    digest = hashlib.blake2b(text.encode(), digest_size=8, key=key.encode()[:64]).digest()
    return (int.from_bytes(digest, "big") >> 11) / float(1 << 53)
