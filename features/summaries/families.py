"""Families of summary columns, which features take as one (k, n) array."""

from __future__ import annotations

from typing import Final

from features.summaries import recent_purchases
from features.summaries.basket_facts import BUCKETS
from features.summaries.contact_facts import CHANNELS

_OVER: Final = (*CHANNELS, "other")

FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "purchase_at": tuple(f"purchase_at_{k}" for k in recent_purchases.PLACES),
    "purchase_quarter": tuple(f"purchase_quarter_{q}" for q in range(1, 5)),
    "active_hour": tuple(f"active_hour_{k}" for k in range(8)),
    **{f"{kind}_spend": tuple(f"{kind}_spend_{i}" for i in range(buckets)) for kind, buckets in BUCKETS.items()},
    **{f"{kind}_count": tuple(f"{kind}_{channel}_count" for channel in _OVER) for kind in ("sent", "opened", "clicked")},
}
"""Each stands unbroken in ``SUMMARY``, so that it is a view and not a copy."""
