"""Check that the ledger has every opt-out on record; nobody is contacted otherwise.

A check costs one listing of a folder and one query, too much for every call. It runs in the background, every
``[service] swap_seconds``; a check that fails counts as a ledger that is behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from otokui.errors import LedgerBehind, OtokuiError
from otokui.observe import log
from serving import metrics


@dataclass(slots=True)
class OptOutCheck:
    """Result of the last opt-out check. behind: what the ledger lacks, as text; '' = nothing."""

    behind: str = ""

    def update(self, find: Callable[[], str]) -> None:
        """Check anew; ``find`` returns what the ledger lacks."""
        before = self.behind
        try:
            self.behind = find()
        except OtokuiError as error:
            self.behind = f"whether the ledger has every opt-out on record cannot be told: {error.detail}"
        except Exception as error:  # unknown means no
            self.behind = f"whether the ledger has every opt-out on record cannot be told ({type(error).__name__})"
        metrics.ledger_behind.set(1 if self.behind else 0)
        if self.behind and self.behind != before:
            log.warning("ledger_behind", why=self.behind)
        elif before and not self.behind:
            log.info("ledger_in_step")

    def require(self) -> None:
        """Refuse to read a ledger that lacks opt-outs.

        Raises:
            LedgerBehind: the ledger lacks batches that are on record.
        """
        if self.behind:
            raise LedgerBehind(self.behind, fix="run `otokui sync --shop SHOP`")

    def missing(self) -> str:
        """Return the missing batches as text."""
        return self.behind
