"""First decisions before anybody asks: what is slow once is slow now, and what is broken shows now."""

from __future__ import annotations

from decisions.rows import rows
from serving.road import decide
from serving.state import Live


def warm(live: Live) -> None:
    """Decide for customers nobody has, one and several at a time; nothing is read from the ledger or written.

    Raises:
        Exception: whatever a call would have met; what was live before then stays.
    """
    for count in (1, 2, 100):
        decided = decide(live, live.engine, [f"warm-{i}" for i in range(count)], live.summaries.summarised_at, readable=False)
        rows(decided.decisions, [0])
