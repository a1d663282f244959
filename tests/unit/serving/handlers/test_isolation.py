"""Errors find their ask in halves; what is everybody's is not looked for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from otokui.errors import BadInput, SkewError, Unavailable
from serving.handlers.isolation import attributed, isolated


class Answers:
    """Answers numbers by themselves as text; fails wherever a number it cannot take is among them."""

    def __init__(self, *guilty: int, error: Exception | None = None) -> None:
        self.guilty, self.error = set(guilty), error or ZeroDivisionError("unforeseen")
        self.asked: list[list[int]] = []

    def __call__(self, asks: Sequence[int]) -> list[bytes | Exception]:
        self.asked.append(list(asks))
        if self.guilty & set(asks):
            raise self.error
        return [str(ask).encode() for ask in asks]


def test_the_others_get_their_answers_and_the_guilty_their_error() -> None:
    """In the order in which they asked."""
    answers = Answers(2, 5)

    assert isolated(range(7), answers) == [b"0", b"1", answers.error, b"3", b"4", answers.error, b"6"]


def test_one_of_thirty_two_is_found_in_eleven_tries() -> None:
    """Halves, not one by one: an attacker must not buy 32 walks with one call."""
    answers = Answers(17)

    assert isolated(range(32), answers).count(answers.error) == 1
    assert len(answers.asked) == 11


@pytest.mark.parametrize("error", [Unavailable("the store is down", fix="wait"), SkewError("another build", fix="train")])
def test_an_outage_is_not_looked_for(error: Exception) -> None:
    """Trying again would only make it longer."""
    answers = Answers(3, error=error)

    assert isolated(range(8), answers) == [error] * 8
    assert len(answers.asked) == 1


def test_what_came_of_a_value_is_the_callers() -> None:
    """422, never 503 and never 500; what nobody foresaw stays what it is."""
    unforeseen, own = ZeroDivisionError(), BadInput("that is no id", fix="send another")

    assert [type(attributed(e)) for e in (OverflowError(), ValueError("year 10000 is out of range"))] == [BadInput, BadInput]
    assert (attributed(unforeseen), attributed(own)) == (unforeseen, own)
