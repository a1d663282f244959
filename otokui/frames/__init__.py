"""Batches of customers as arrays: summaries, vectors, predictions and contact state.

They pass between rooms. Every step after ``summarise`` is row-wise over float64 matrices (NaN = null): one row costs 0.2 ms where the
same expressions on a dataframe library cost 14 ms (docs/adr/0001), and 1 or 1,000,000 rows give the same bytes.

Rooms import the names from here. Feature definitions do too, and their imports count in the fingerprint of features
(``features.catalogue``): with another import line, every trained model would be refused.
"""

from otokui.frames.arrays import Bools, Floats, Floats32, Ints, Texts, Tri, texts
from otokui.frames.batch import Batch
from otokui.frames.contact_state import (
    BEHIND,
    BOUNCED,
    COMPLAINED,
    NO_MONEY,
    NO_PLACE,
    NOT_READ,
    OPEN,
    OPTED_OUT,
    UNSUBSCRIBED,
    ContactState,
)
from otokui.frames.predictions import Predictions

__all__ = [
    "BEHIND",
    "BOUNCED",
    "COMPLAINED",
    "NOT_READ",
    "NO_MONEY",
    "NO_PLACE",
    "OPEN",
    "OPTED_OUT",
    "UNSUBSCRIBED",
    "Batch",
    "Bools",
    "ContactState",
    "Floats",
    "Floats32",
    "Ints",
    "Predictions",
    "Texts",
    "Tri",
    "texts",
]
