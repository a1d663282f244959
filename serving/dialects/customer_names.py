"""Customer of a webhook's event, as the shop's customer id.

It is the shop's id, an alias of the provider, or the pseudonym of an e-mail address. An e-mail address names a person, so it is never an id
here. Where the shop's key is configured it becomes the same pseudonym that `otokui ingest` makes of a hashed column; otherwise the event is
refused, with the place for the id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from otokui.events.items import Alias
from otokui.identity.hashing import pseudonym
from serving.dialects.personal_fields import EMAIL
from serving.dialects.reading import ItemRefused, ReadingContext
from serving.dialects.values import text


def customer_of(
    context: ReadingContext, ids: Iterable[object], *, email: object = None, alias: tuple[str, object] = ("", None), place: str
) -> dict[str, Any]:
    """Return the fields of an item that name its customer.

    ids: where the shop's id may stand, best first; email: the address, for its pseudonym; alias: source and id of a name that the provider
    gives; place: where the provider lets the shop put its id, for the fix.

    Raises:
        ItemRefused: nothing names the customer but an address that may not be kept.
    """
    addresses = [text(email)] if text(email) else []
    for value in map(text, ids):
        if value and not EMAIL.search(value):
            return {"customer_id": value}
        if value:
            addresses.append(value)
    if addresses and context.hash_key:
        return {"customer_id": pseudonym(addresses[0], context.hash_key)}
    source, name = alias
    if text(name):
        return {"alias": Alias(source, text(name))}
    if addresses:
        raise ItemRefused(
            "personal_data",
            "only an e-mail address names the customer",
            f"put the shop's customer id into {place}, or set the shop's key ([records] hash_key_env) to have addresses hashed",
        )
    raise ItemRefused("missing_customer", "nothing names the customer", f"put the shop's customer id into {place}")
