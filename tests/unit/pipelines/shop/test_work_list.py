"""The work list on the command line: names that are no names of people, and a table."""

from __future__ import annotations

import pytest

from otokui.domain import Instant
from otokui.errors import BadInput
from otokui.ports.tasks import HumanTask, TaskState
from pipelines.shop.work_list import known_staff, known_state, rows_of, table_of


@pytest.mark.parametrize("staff", ["", "Ada Lovelace", "ada@shop.example", "s" * 65, "山田"])
def test_staff_is_a_pseudonymous_id(staff: str) -> None:
    """No name, no address."""
    with pytest.raises(BadInput, match="staff"):
        known_staff(staff)
    assert known_staff("s-7") == "s-7"


def test_a_state_is_one_of_those_there_are() -> None:
    """The refusal names them."""
    assert known_state("lapsed") is TaskState.LAPSED
    with pytest.raises(BadInput, match="sleeping") as caught:
        known_state("sleeping")
    assert "withdrawn" in caught.value.fix


def test_a_task_is_shown_in_the_shops_time() -> None:
    """One line a task, under the names of the columns."""
    at = Instant(1_743_465_600)
    task = HumanTask("t1", "c-17", "retention_call", "retention_call", "call", TaskState.OPEN, at, at, at, None, None, at)

    rows = rows_of([task], "Asia/Tokyo")

    assert rows[0]["not_before"] == "2025-04-01T09:00:00+09:00"
    assert [line.split()[:2] for line in table_of(rows).splitlines()] == [["task_id", "state"], ["t1", "open"]]
