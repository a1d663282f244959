"""Why a message is not meant for a customer, as a sentence: what would have to hold, and what is.

Kept apart from ``decisions.eligibility``, which answers for a million customers and has no time for words. Who knows the shop's
currency and its own names of attributes (pipelines) hands names and values in; the sentence is the same wherever it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from decisions.words.kinds import Kind
from decisions.words.named import named
from decisions.words.state_words import state_called
from otokui.counting import in_days, in_days_ja
from otokui.offers import Message

Write = Callable[[float, bool], str]
"""Writes a value of the column; True = exactly, where rounding would make it equal to the bound that it misses."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """A condition that does not hold.

    column: a feature, a prediction, or ``state``; value: what the customer has there (NaN = not known), or the state;
    at_least, at_most: the bounds; states: those the message is meant for.
    """

    column: str
    value: float | str
    at_least: float | None = None
    at_most: float | None = None
    states: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return it in English, with numbers as they are: no currency is known here."""
        if isinstance(self.value, str):
            return _state_unmet(self.value, self.states)
        column = named(self.column)
        return sentence(self, column.called, lambda value, exactly: _written(value, column.kind, exactly), null=column.null)

    @property
    def text_ja(self) -> str:
        """Return it in Japanese, likewise."""
        if isinstance(self.value, str):
            return _state_unmet(self.value, self.states, "ja")
        column = named(self.column)
        called = column.called_ja or column.called
        return sentence(self, called, lambda value, exactly: _written_ja(value, column.kind, exactly), null="記録なし", language="ja")


def unmet_of(message: Message, state: str, values: dict[str, float]) -> tuple[Unmet, ...]:
    """Return the conditions of a message that do not hold for a customer of that state and those values (NaN = not known)."""
    failed = [Unmet("state", state, states=message.states)] if message.states and state not in message.states else []
    for condition in message.eligible:
        low = -np.inf if condition.at_least is None else condition.at_least
        high = np.inf if condition.at_most is None else condition.at_most
        value = values[condition.column]
        if not low <= value <= high:
            failed.append(Unmet(condition.column, value, condition.at_least, condition.at_most))
    return tuple(failed)


def sentence(unmet: Unmet, called: str, write: Write, *, null: str, language: str = "en") -> str:
    """Return a condition on a number as a sentence: ``purchases of all time: 1 (needs at least 2)``.

    A yes-or-no column is needed as yes or as no; a bound that only asks for a value at all, as a value on record.
    """
    japanese = language == "ja"
    value = float(unmet.value)
    unknown = value != value
    if named(unmet.column).kind is Kind.YES_NO:
        wanted = (unmet.at_least or 0.0) > 0.0
        needs = ("はい" if wanted else "いいえ") if japanese else ("yes" if wanted else "no")
        has = null if unknown else write(value, False)
    elif unknown and unmet.at_least == 0.0 and unmet.at_most is None:
        needs, has = ("記録があること" if japanese else "a value on record"), null
    else:
        bounds = [None if bound is None else write(bound, False) for bound in (unmet.at_least, unmet.at_most)]
        has = null if unknown else write(value, False)
        has = write(value, True) if has in bounds else has
        needs = _needs(bounds[0], bounds[1], japanese)
    return f"{called}: {has}(条件: {needs})" if japanese else f"{called}: {has} (needs {needs})"


def state_sentence(state: str, states: Sequence[str], language: str = "en") -> str:
    """Return that the customer's state is not one of those a message is meant for; the states as they are to be read."""
    if language == "ja":
        return f"顧客の状態: {state}(対象: {'、'.join(states)})"
    return f"customer state: {state} (meant for {' or '.join(states)})"


def _state_unmet(state: str, states: Sequence[str], language: str = "en") -> str:
    return state_sentence(state_called(state, language), [state_called(each, language) for each in states], language)


def _needs(low: str | None, high: str | None, japanese: bool) -> str:
    if low is not None and low == high:
        return f"ちょうど{low}" if japanese else f"exactly {low}"
    if japanese:
        return "".join(part for part in (low and f"{low}以上", high and f"{high}以下") if part)
    return " and ".join(part for part in (low and f"at least {low}", high and f"at most {high}") if part)


def _written(value: float, kind: Kind, exactly: bool) -> str:
    if kind is Kind.YES_NO:
        return "yes" if value else "no"
    if kind is Kind.SHARE:
        return f"{100.0 * value:.6g}%" if exactly else f"{100.0 * value:.3g}%"
    if kind is Kind.DAYS:
        return in_days(value, exactly)
    return f"{value:,.8g}" if exactly else f"{value:,.4g}" if abs(value) < 1_000.0 else f"{value:,.0f}"


def _written_ja(value: float, kind: Kind, exactly: bool) -> str:
    if kind is Kind.YES_NO:
        return "はい" if value else "いいえ"
    return in_days_ja(value, exactly) if kind is Kind.DAYS else _written(value, kind, exactly)
