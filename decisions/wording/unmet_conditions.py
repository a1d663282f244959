"""Unmet conditions of a message as sentences: what is needed, and the customer's value.

Apart from ``decisions.candidates.eligibility``, which runs for a million customers without sentences. The caller knows the shop's
currency and attribute names (pipelines), and passes names and values; the sentence is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from decisions.wording.column_names import column_name
from decisions.wording.customer_states import state_name
from decisions.wording.value_format import ValueKind
from otokui.settings.contacts.messages import Message
from otokui.wording.counting import in_days
from otokui.wording.i18n import SOURCE, gettext, paired
from otokui.wording.numerals import laid_out, written

Write = Callable[[float, bool], str]
"""Writes a value of the column; True = exactly, where rounding would make it equal to the bound that it misses."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """Condition of a message that does not hold for a customer.

    column: a feature, a prediction, or ``state``; value: the customer's (NaN = not known), or the state; at_least, at_most: the bounds;
    states: those the message is meant for.
    """

    column: str
    value: float | str
    at_least: float | None = None
    at_most: float | None = None
    states: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the condition in English, with plain numbers: no currency is known here."""
        return self.in_language(SOURCE)

    @property
    def text_ja(self) -> str:
        """Return the condition in Japanese, likewise."""
        return self.in_language("ja")

    def in_language(self, language: str) -> str:
        """Return the condition in a language, likewise."""
        if isinstance(self.value, str):
            states = [state_name(each, language) for each in self.states]
            return state_sentence(state_name(self.value, language), states, language)
        column = column_name(self.column)

        def write(value: float, exactly: bool) -> str:
            return _written(value, column.kind, exactly, language)

        return sentence(self, column.called_in(language), write, null=column.missing.in_language(language), language=language)


def unmet_of(message: Message, state: str, values: dict[str, float]) -> tuple[Unmet, ...]:
    """Return the unmet conditions of a message for a customer.

    state, values: of the customer (NaN = not known).
    """
    failed = [Unmet("state", state, states=message.states)] if message.states and state not in message.states else []
    for condition in message.eligible:
        low = -np.inf if condition.at_least is None else condition.at_least
        high = np.inf if condition.at_most is None else condition.at_most
        value = values[condition.column]
        if not low <= value <= high:
            failed.append(Unmet(condition.column, value, condition.at_least, condition.at_most))
    return tuple(failed)


def sentence(unmet: Unmet, called: str, write: Write, *, null: str, language: str = SOURCE) -> str:
    """Return a condition on a number as a sentence.

    For example ``purchases of all time: 1 (needs at least 2)``. A yes-or-no column is needed as yes or as no; a bound that only asks for
    a value at all, as a value on record.
    """
    value = float(unmet.value)
    unknown = value != value
    if column_name(unmet.column).kind is ValueKind.YES_NO:
        expected = (unmet.at_least or 0.0) > 0.0
        needs, has = yes_or_no(expected, language), null if unknown else write(value, False)
    elif unknown and unmet.at_least == 0.0 and unmet.at_most is None:
        needs, has = gettext("a value on record", language), null
    else:
        low, high = (None if bound is None else write(bound, False) for bound in (unmet.at_least, unmet.at_most))
        has = null if unknown else write(value, False)
        has = write(value, True) if has in (low, high) else has
        needs = _needs(low, high, language)
    return gettext("{called}: {has} (needs {needs})", language).format(called=called, has=has, needs=needs)


def state_sentence(state: str, states: Sequence[str], language: str = SOURCE) -> str:
    """Return a sentence that the customer's state is not among a message's states.

    The states are display names.
    """
    either = paired(gettext("{first} or {second}", language), list(states))
    return gettext("customer state: {state} (meant for {states})", language).format(state=state, states=either)


def yes_or_no(yes: bool, language: str = SOURCE) -> str:
    """Return yes or no."""
    return gettext("yes", language) if yes else gettext("no", language)


def _needs(low: str | None, high: str | None, language: str) -> str:
    if low is None or high is None:
        bound = gettext("at most {value}", language) if low is None else gettext("at least {value}", language)
        return bound.format(value=high if low is None else low)
    if low == high:
        return gettext("exactly {value}", language).format(value=low)
    return gettext("at least {low} and at most {high}", language).format(low=low, high=high)


def _written(value: float, kind: ValueKind, exactly: bool, language: str) -> str:
    if kind is ValueKind.YES_NO:
        return yes_or_no(bool(value), language)
    if kind is ValueKind.SHARE:
        return laid_out(f"{100.0 * value:{'.6g' if exactly else '.3g'}}%", language)
    if kind is ValueKind.DAYS:
        return in_days(value, exactly, language)
    return written(value, ",.8g" if exactly else ",.4g" if abs(value) < 1_000.0 else ",.0f", language)
