"""Decision ids and random draws, both hashes of the inputs.

Replay therefore finds the same id and the same draw, and no generator has to be carried along.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from decisions.customer_batch import CustomerBatch
from otokui.frames import Floats, Texts

_ID_BYTES = 16


def models_digest(models: Mapping[str, str]) -> str:
    """Return one digest of the models of a prediction, from label -> digest."""
    text = "\x1f".join(f"{label}={models[label]}" for label in sorted(models))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def name_decisions(batch: CustomerBatch, policy: str, models: str) -> tuple[Texts, Floats]:
    """Return the decision ids, 32 hex digits each, and one even draw in [0, 1).

    policy, models: their digests. The customer id is last in the hashed text, behind fields of fixed form, so that no two inputs run
    together.
    """
    head = hashlib.blake2b(digest_size=_ID_BYTES + 8)
    head.update(f"{int(batch.as_of)}\x1f{policy}\x1f{models}\x1f{int(batch.summarised_at)}\x1f".encode())
    digests = []
    for row, customer_id in enumerate(batch.customer_ids):
        hashed = head.copy()
        if batch.visits is not None:
            hashed.update(f"{batch.visits[row].digest()}\x1f".encode())
        hashed.update(customer_id.encode())
        digests.append(hashed.digest())
    ids = np.empty(len(digests), dtype=object)
    ids[:] = [digest[:_ID_BYTES].hex() for digest in digests]
    words = np.frombuffer(b"".join(digests), dtype=">u8").reshape(len(digests), 3)[:, 2].astype(np.uint64)
    return ids, (words >> np.uint64(11)).astype(np.float64) / float(1 << 53)
