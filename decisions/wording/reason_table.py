"""Reason table of a policy: reasons for messages, derived from their conditions.

A message that a shop adds is explained the day it is added: each condition leads to a reason, and a column without a wording of its own
gets its name and value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from decisions.wording.column_names import column_name
from decisions.wording.phrases import WORDINGS, Number, Wording, say
from decisions.wording.value_format import ValueKind
from otokui.frames import Ints
from otokui.settings.contacts.messages import Condition, Message
from otokui.wording.i18n import N_, Text

PER_MESSAGE = 3
"""Reasons stored per message; one more is about the candidate, or against a contact."""

_OF_COLUMN = {
    "overdue_ratio": "overdue",
    "recency_days": "last_purchase",
    "days_since_cart_add": "cart_left",
    "cart_since_purchase": "cart_left",
    "days_since_product_view": "browsed",
    "viewed_since_purchase": "browsed",
    "days_to_replenishment": "used_up",
    "new_arrival_share": "trend_first",
    "churn_probability": "leaving",
    "future_loyal_probability": "future_loyal",
    "discount_share": "sale_buyer",
    "list_price_share": "list_price_buyer",
    "birthday_month_now": "birthday",
    "enquiry_decay_30": "asked_for_help",
}
_OF_STATE = {"new": "new_customer"}
_LAST = ("last_purchase", "repeat_buyer")  # true of most customers, so used only without a better one


@dataclass(frozen=True, slots=True)
class Reasons:
    """Reasons of a policy, and the reasons of each message."""

    codes: tuple[str, ...]
    wordings: tuple[Wording, ...]
    columns: tuple[str, ...]  # distinct columns that the numbers of message reasons come from
    of_message: Ints  # (M, PER_MESSAGE) index into codes, -1 = none
    number: Ints  # (codes, 2) index into columns, -1 = no number

    def code(self, name: str) -> int:
        """Return the index of a reason code."""
        return self.codes.index(name)

    def in_language(self, codes: Sequence[int], numbers: Sequence[tuple[float, float]], language: str) -> list[str]:
        """Return the reasons of one decision in a language, -1 = none."""
        return [say(self.wordings[code], (a, b), language) for code, (a, b) in zip(codes, numbers, strict=True) if code >= 0]


def compile_reasons(messages: Sequence[Message], currency: str, rules: Mapping[str, Wording]) -> Reasons:
    """Collect the reasons of a policy: general, of constraints, and of messages' conditions.

    Money is in ``currency``.
    """
    wordings = {code: wording.of_shop(currency) for code, wording in WORDINGS.items()}
    for name, wording in rules.items():
        wordings.setdefault(name, wording)
    codes_of = []
    for message in messages:
        reasons: dict[str, Wording | None] = {}
        for condition in message.eligible:
            reasons |= _of_condition(condition)
        if len(message.states) == 1:
            reasons[_OF_STATE.get(message.states[0], message.states[0])] = None
        wordings |= {code: wording for code, wording in reasons.items() if wording is not None}
        codes_of.append(sorted(reasons, key=lambda code: _LAST.index(code) + 1 if code in _LAST else 0)[:PER_MESSAGE])
    codes = tuple(wordings)
    columns = tuple(dict.fromkeys(c for names in codes_of for code in names for c in wordings[code].columns))
    of_message = np.full((len(messages), PER_MESSAGE), -1, dtype=np.int64)
    number = np.full((len(codes), 2), -1, dtype=np.int64)
    for row, names in enumerate(codes_of):
        for slot, code in enumerate(names):
            of_message[row, slot] = codes.index(code)
            for place, column in enumerate(wordings[code].columns):
                number[codes.index(code), place] = columns.index(column)
    return Reasons(codes, tuple(wordings.values()), columns, of_message, number)


def _of_condition(condition: Condition) -> dict[str, Wording | None]:
    if condition.column == "purchase_count":
        return {"second_purchase" if condition.at_most == 1.0 else "repeat_buyer": None}
    if condition.column in _OF_COLUMN:
        return {_OF_COLUMN[condition.column]: None}
    return {f"condition:{condition.column}": _unworded(condition)}


def _unworded(condition: Condition) -> Wording:
    """Return a reason for a column without a wording: its name and value."""
    column = column_name(condition.column)
    name = column.name
    if column.kind is ValueKind.YES_NO:
        yes = (condition.at_least or 0.0) > 0.0
        return Wording(N_("{called}: {value}"), values={"called": name, "value": Text(N_("yes") if yes else N_("no"))})
    spec = ".0%" if column.kind is ValueKind.SHARE else ",.0f" if column.kind is ValueKind.MONEY else ",.6g"
    return Wording(N_("{called}: {value}"), (Number("value", condition.column, spec),), N_("{called} fits"), values={"called": name})
