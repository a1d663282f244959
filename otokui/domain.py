"""Domain types: labels, customer states, statuses, instants and durations.

A bare ``str`` or ``int`` never has to be guessed at. Merged into the rooms that use them, the same idea would have several spellings, and
an instant in seconds would sooner or later be compared with one in days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, NewType, Self
from zoneinfo import ZoneInfo, available_timezones

from otokui.errors import BadInput
from otokui.wording.i18n import NP_

Instant = NewType("Instant", int)
"""Seconds since 1970-01-01T00:00:00Z."""

DAY: Final = 86_400
HOUR: Final = 3_600
WEEK: Final = 7 * DAY
EPOCH_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday: local days since then plus this, modulo seven, are the weekday, Monday = 0."""

YES: Final = 1
NO: Final = 0
UNKNOWN: Final = -1
"""Three-valued answers are int8 arrays of YES, NO, UNKNOWN. A rule permits on ``== YES`` (or ``== NO``)
only, so that what is unknown is refused."""


class Label(StrEnum):
    """Label of a prediction; each label is one LightGBM model."""

    NEXT_PURCHASE = "next_purchase"
    PURCHASE_COUNT = "purchase_count"
    SPEND = "spend"
    CHURN = "churn"
    FUTURE_LOYAL = "future_loyal"

    @property
    def words(self) -> str:
        """Name of the label in sentences."""
        return _PREDICTED[self]


_PREDICTED: Final = {
    Label.NEXT_PURCHASE: NP_("kept", "the next purchase"),
    Label.PURCHASE_COUNT: NP_("kept", "the number of purchases"),
    Label.SPEND: NP_("kept", "spend"),
    Label.CHURN: NP_("kept", "churn"),
    Label.FUTURE_LOYAL: NP_("kept", "future loyalty"),
}


class PairModel(StrEnum):
    """Model of pairs: a customer with a product, or with a contact."""

    PRODUCTS = "products"
    RESPONSE = "response"


ModelName = Label | PairModel
"""Which model: what is registered, promoted and taken back is known by it."""


class CustomerState(StrEnum):
    """Customer state (mission D5). Order = code in arrays of states."""

    PROSPECT = "prospect"
    NEW = "new"
    ACTIVE = "active"
    GOOD = "good"
    LOYAL = "loyal"
    DORMANT = "dormant"
    CHURNED = "churned"


class Status(StrEnum):
    """Status of a decision. No contact is a decision too."""

    CONTACT = "contact"
    NO_CONTACT = "no_contact"
    SUPPRESSED = "suppressed"
    CONTROL = "control"
    ERROR = "error"


class HoldoutGroup(StrEnum):
    """Group of a customer, so that the worth of contacts can be measured.

    Two groups are held back; two are contacted otherwise than by value: at random, and as the shop did before.
    """

    TREATMENT = "treatment"
    CONTROL = "control"
    SCENARIO_CONTROL = "scenario_control"
    RANDOM = "random"
    USUAL = "usual"


HELD_BACK: Final = (str(HoldoutGroup.CONTROL), str(HoldoutGroup.SCENARIO_CONTROL))
"""Control groups: their contacts are on record for comparison, and nothing was sent."""


FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Years of decisions: every time zone is known around them, and a century can be added. Python's calendar ends in 9999."""


def parse_instant(moment: str | date, timezone: str = "UTC") -> Instant:
    """Parse ``2025-04-01``, an ISO 8601 time, a date or a datetime.

    Without an offset the text is read in ``timezone``.

    Raises:
        BadInput: the text is neither a date nor a time, or lies outside FIRST_YEAR to LAST_YEAR.
    """
    text = moment if isinstance(moment, str) else moment.isoformat()
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            f"{text!r} is not a date or a time",
            fix="write 2025-04-01 or 2025-04-01T09:00:00+09:00",
        ) from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise BadInput(f"{text!r} lies outside the years {FIRST_YEAR} to {LAST_YEAR}", fix="check the year")
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(timezone))
    return Instant(int(at.timestamp()))


def known_timezone(name: str) -> str:
    """Return the name of a time zone as it is.

    Raises:
        BadInput: there is no such time zone.
    """
    if name not in available_timezones():
        raise BadInput(f"{name!r} is no time zone", fix="write an IANA name, such as Asia/Tokyo or Europe/Berlin")
    return name


@lru_cache(maxsize=8_192)
def show_instant(at: Instant | int, timezone: str = "UTC") -> str:
    """Format an instant as RFC 3339 in ``timezone``.

    Results are cached, for a batch formats the same few thousands of times.
    """
    return datetime.fromtimestamp(int(at), ZoneInfo(timezone)).isoformat()


def offset_seconds(timezone: str, at: Instant | int) -> int:
    """Return the UTC offset of ``timezone`` at an instant, in seconds.

    UTC seconds plus the offset are local seconds.
    """
    offset = datetime.fromtimestamp(int(at), ZoneInfo(timezone)).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


@dataclass(frozen=True, slots=True, order=True)
class CutoffDate:
    """Cut-off instant between features and labels.

    Features read records known strictly before it; labels read records at or after it.
    """

    at: Instant

    @classmethod
    def parse(cls, text: str, timezone: str = "UTC") -> Self:
        """Read ``2025-04-01``, or an ISO instant that names its offset."""
        return cls(parse_instant(text, timezone))

    def __str__(self) -> str:
        return show_instant(self.at)


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Reference of a model: the label and the SHA-256 of its manifest."""

    label: Label
    digest: str

    def __str__(self) -> str:
        return f"{self.label}@{self.digest[:12]}"
