"""What `make test` says of the seconds of each suite."""

from __future__ import annotations

from types import SimpleNamespace

from tests.conftest import seconds_by_suite


def test_set_up_and_tear_down_count_to_the_suite_of_their_test() -> None:
    """Reports come from several workers in any order; the longest suite stands first."""
    reports = [
        SimpleNamespace(nodeid="tests/unit/scoring/pair_models/test_base.py::test_a", duration=0.5),
        SimpleNamespace(nodeid="tests/e2e/test_road.py::test_b", duration=90.0),
        SimpleNamespace(nodeid="tests/unit/scoring/pair_models/test_base.py::test_a", duration=0.25),
        SimpleNamespace(nodeid="tests/unit/training/test_fit.py::test_c", duration=2.0),
        SimpleNamespace(nodeid="tests/e2e/test_road.py::test_b", duration=1.0),
    ]

    assert seconds_by_suite(reports) == [("e2e", 91.0, 1), ("unit", 2.75, 2)]
