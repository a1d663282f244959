"""Count of personal data in a payload: the fields that no item takes over.

The readers copy only fields that they know. This module counts what was left behind, by field name and by what looks like an e-mail
address, so the answer can say what a provider sends that it need not.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

EMAIL: Final = re.compile(r"[\w.+%\-]{1,64}@(?:[\w\-]{1,63}\.){1,8}[^\W\d_]{2,24}")
"""An e-mail address within a text."""

_KINDS: Final = {
    "e-mail": "email emailaddress contactemail recipient recipientaddress toemail",
    "phone": "phone phonenumber mobile mobilephone tel smsnumber",
    "name": "firstname lastname fullname givenname familyname lastnamekana firstnamekana displayname nickname username title birthname",
    "address": "address1 address2 street streetaddress city zip zipcode postalcode postcode latitude longitude company",
    "network address": "ip ipaddress browserip clientip useragent",
    "birth date": "birthday birthdate dateofbirth",
    "text": "note body text statusmessage pictureurl avatar",
}  # fmt: skip
_BY_FIELD: Final = {field: kind for kind, fields in _KINDS.items() for field in fields.split()}
_OF_PERSONS: Final = frozenset(
    ["traits", "customer", "profile", "recipient", "billingaddress", "shippingaddress", "defaultaddress", "address", "person", "user"]
)
_LETTERS: Final = re.compile(r"[^a-z0-9]")


def personal_fields(payload: Any) -> Counter[str]:
    """Count the personal data of a payload by kind.

    >>> dict(personal_fields({"email": "hana@example.com", "customer": {"name": "Hana"}, "products": [{"name": "Tea"}]}))
    {'e-mail': 1, 'name': 1}
    """
    counts: Counter[str] = Counter()
    todo: list[tuple[str, str, Any]] = [("", "", payload)]
    while todo:
        parent, name, value = todo.pop()
        if isinstance(value, dict):
            todo += [(name, _LETTERS.sub("", str(key).lower()), inner) for key, inner in reversed(value.items())]
        elif isinstance(value, list):
            todo += [(parent, name, inner) for inner in reversed(value)]
        elif value not in (None, "", False, True) and (kind := _kind(parent, name, value)):
            counts[kind] += 1
    return counts


def without_personal_fields(value: Any, parent: str = "") -> Any:
    """Return a JSON value without its fields of personal data.

    >>> without_personal_fields({"type": "store_visit", "columns": {"area": "Osaka", "phone": "06 0000 0000"}})
    {'type': 'store_visit', 'columns': {'area': 'Osaka'}}
    """
    if isinstance(value, list):
        return [without_personal_fields(each, parent) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _LETTERS.sub("", str(key).lower()) for key in value}
    return {
        key: without_personal_fields(inner, plain[key])
        for key, inner in value.items()
        if isinstance(inner, dict | list) or inner in (None, "", False, True) or not _kind(parent, plain[key], inner)
    }


def _kind(parent: str, name: str, value: Any) -> str:
    if isinstance(value, str) and "@" in value and EMAIL.search(value):
        return "e-mail"
    if name == "name" and parent in _OF_PERSONS:
        return "name"
    if name == "title" and parent not in _OF_PERSONS:
        return ""  # of a product
    return _BY_FIELD.get(name, "")
