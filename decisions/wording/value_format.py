"""Value formats of columns for people: yes or no, percent, money, days, number."""

from __future__ import annotations

from enum import StrEnum


class ValueKind(StrEnum):
    """Kind of a column's value.

    A code and a season are numbers without meaning to a reader.
    """

    YES_NO = "yes_no"
    SHARE = "share"
    MONEY = "money"
    DAYS = "days"
    STATE = "state"
    WEEKDAY = "weekday"
    SEASON = "season"
    CODE = "code"
    NUMBER = "number"
