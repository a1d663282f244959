"""Logged decisions set beside the same ones made again: what counts as different, and states of several customers as one."""

from __future__ import annotations

import numpy as np
import pytest

from decisions.engine.replay_log import differing, joined
from otokui.frames import ContactState


def state(refused: list[int] | None) -> ContactState:
    """One customer over two channels, with one message."""
    found = ContactState.unreadable(1, 2, 1)
    found.consented[:], found.contacts_in_period[:] = 1, 3
    kept = None if refused is None else np.array([refused], dtype=np.int8)
    return ContactState(*(getattr(found, name) for name in ContactState.__slots__[:7]), None, kept)


def test_states_with_and_without_refusals_join() -> None:
    """Who is from an earlier log has refused nothing."""
    both = joined([state(None), state([0, 4])])

    assert (both.refused.tolist(), both.shut) == ([[0, 0], [0, 4]], None)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 2}}, []),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, ["a.c"]),
        ({"a": {"b": 1}}, {"a": None}, ["a"]),
        ({"a": 1}, {"b": 1}, ["a", "b"]),
        ({"a": 0.0}, {"a": -0.0}, ["a"]),
        ({"a": 1}, {"a": True}, ["a"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a"]),
    ],
)
def test_what_differs_is_named_by_its_path(before: object, after: object, paths: list[str]) -> None:
    """By bytes: minus nothing is not nothing, and true is not one."""
    assert differing(before, after) == paths
