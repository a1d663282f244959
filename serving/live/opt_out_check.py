"""Whether the ledger has every opt-out on record, as of the last look: while it has not, nobody is contacted.

A look costs a listing and a question to the ledger, too much for every call; so it is made in the background, every
``[service] swap_seconds``, and whatever cannot be told counts as behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from otokui.errors import LedgerBehind, OtokuiError
from otokui.observe import log
from serving import metrics


@dataclass(slots=True)
class Standing:
    """What the last look found. behind: what the ledger lacks, in words; '' = nothing."""

    behind: str = ""

    def look(self, find: Callable[[], str]) -> None:
        """Look anew; ``find`` returns what the ledger lacks."""
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
        """Refuse to read a ledger that is behind.

        Raises:
            LedgerBehind: it is.
        """
        if self.behind:
            raise LedgerBehind(self.behind, fix="run `otokui sync --shop SHOP`")

    def told(self) -> str:
        """Return what the ledger lacks, in words."""
        return self.behind
