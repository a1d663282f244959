"""Port of identities: aliases of customers in other sources, and merges of two customers.

An alias is the id of a customer in one source (a LINE user, a Shopify customer). A merge says that two customer ids are one person: the
merged id stays on record, and everything of it counts for the surviving customer. Both are one kind of row: a merge has no source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from otokui.domain import Instant
from otokui.events.items import Alias

MERGE: Final = ""
"""The source of a merge: the alias is itself a customer id."""

MERGE_CIRCLE: Final = "merge_circle"
"""The rule that refuses a merge which would close a circle (``otokui.data_contract.rules``)."""

ERASED: Final = "erased"
"""The rule that refuses a row about an erased customer (``otokui.data_contract.rules``)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Identity: from ``begins_at`` on, an id of a source belongs to a customer.

    source: ``MERGE`` = the id is a merged customer. A later row of the same source and id moves it to another customer, and a customer
    merged into itself stands alone again. known_at: when the shop came to know.
    """

    source: str
    alias_id: str
    customer_id: str
    begins_at: Instant
    known_at: Instant


class Identities(Protocol):
    """Identities on record. Every method raises Unavailable if the store cannot be used."""

    def customers_of(self, aliases: Sequence[Alias], as_of: Instant) -> list[str | None]:
        """Return the surviving customer of each alias as known at ``as_of``.

        None = the alias is on no record.

        Raises:
            BadInput: an alias id is not canonical.
        """
        ...

    def surviving(self, customer_ids: Sequence[str], as_of: Instant) -> list[str]:
        """Return the surviving customer of each id as known at ``as_of``.

        It is the id itself if it was not merged.

        Raises:
            BadInput: an id is not canonical.
        """
        ...
