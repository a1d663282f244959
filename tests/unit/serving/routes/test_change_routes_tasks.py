"""The work list over HTTP: steps of a task, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.serving.conftest import World


def test_the_list_is_told_in_the_shops_time(world: World) -> None:
    """With the state and who has it."""
    (task,) = world.http.get("/v1/tasks?state=taken").json()["tasks"]

    assert (task["task_id"], task["state"], task["staff"]) == ("t1", "taken", "s-1")
    assert task["not_before"] == "2025-04-01T12:00:00+09:00"


@pytest.mark.parametrize(
    ("step", "state"),
    [({"step": "take"}, "taken"), ({"step": "finish", "outcome": "declined"}, "declined")],
)
def test_a_step_returns_the_task(world: World, step: dict[str, Any], state: str) -> None:
    """As it is now."""
    answer = world.http.post("/v1/tasks/t1", json=step | {"staff": "s-2"}).json()

    assert (answer["state"], answer["staff"]) == (state, "s-2")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"step": "take", "staff": "s-2", "outcome": "done"}, "$.outcome"),
        ({"step": "finish", "staff": "s-2"}, "$.outcome"),
        ({"step": "finish", "staff": "s-2", "outcome": "lapsed"}, "$.outcome"),
        ({"step": "take", "staff": "ada@shop.example"}, "$.staff"),
        ({"step": "give", "staff": "s-2"}, "$.step"),
    ],
)
def test_what_is_no_step_is_refused_with_its_field(world: World, body: dict[str, Any], field: str) -> None:
    """A name or an address is no id of staff."""
    answer = world.http.post("/v1/tasks/t1", json=body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
