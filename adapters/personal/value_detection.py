"""Detection of personal data in one value, under the evidence of its column.

``kind_of`` needs only the value. ``maybe`` has what digits alone suggest; the share of such values in the column decides.
"""

from __future__ import annotations

import re

from adapters.personal.addresses import holds_address
from adapters.personal.kinds import EvidenceLevel, Kind
from adapters.personal.names import holds_name
from adapters.personal.numbers import maybe_card, maybe_my_number
from adapters.personal.phones import holds_phone, maybe_phone

_EMAIL = re.compile(r"[\w.+%\-]{1,64} ?@ ?(?:[\w\-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")


def kind_of(text: str, evidence: EvidenceLevel) -> Kind | None:
    """Return the kind of personal data in ``text`` (plain), None for none."""
    if "@" in text and _EMAIL.search(text):
        return Kind.EMAIL
    if holds_phone(text, free=evidence.free):
        return Kind.PHONE
    if holds_address(text, free=evidence.free):
        return Kind.ADDRESS
    if holds_name(text, free=evidence.free, people=evidence.people):
        return Kind.NAME
    return None


def maybe(text: str, evidence: EvidenceLevel) -> Kind | None:
    """Return the kind that the digits of ``text`` (plain) suggest without proof, if any."""
    if maybe_card(text):
        return Kind.CARD
    if evidence.free:
        return Kind.NUMBER if maybe_my_number(text) else None
    return Kind.PHONE if maybe_phone(text) else None
