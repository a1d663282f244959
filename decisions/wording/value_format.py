"""How the values of a column are written for a person: yes or no, percent, money, days or a plain number."""

from __future__ import annotations

from enum import StrEnum


class ValueKind(StrEnum):
    """What a value is; a code and a season are numbers that mean nothing to a reader."""

    YES_NO = "yes_no"
    SHARE = "share"
    MONEY = "money"
    DAYS = "days"
    STATE = "state"
    WEEKDAY = "weekday"
    SEASON = "season"
    CODE = "code"
    NUMBER = "number"
