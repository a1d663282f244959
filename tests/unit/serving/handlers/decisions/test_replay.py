"""One decision of the past: looked up, and made again."""

from __future__ import annotations

import json

import pytest

from otokui.errors import Missing
from tests.unit.serving.conftest import World


@pytest.fixture
def decided(world: World) -> str:
    """The id of a decision that was made."""
    answer = world.decide("ada").json()
    return str(answer["decisions"][0]["decision_id"])


def test_what_was_answered_is_looked_up(world: World, decided: str) -> None:
    """Byte for byte what the log holds, reasons and all."""
    found = world.http.get(f"/v1/decisions/{decided}")

    assert found.status_code == 200
    assert found.content == world.book.logged[0].decision.encode()
    assert found.json()["reasons"]


def test_the_same_bytes_are_said_to_be_the_same(world: World, decided: str) -> None:
    """With both beside one another."""
    found = world.http.post(f"/v1/decisions/{decided}/replay").json()

    assert (found["same"], found["differing"], found["why"]) == (True, [], None)
    assert found["decision"] == found["again"] == json.loads(world.book.logged[0].decision)


def test_the_log_is_read_once(world: World, decided: str) -> None:
    """What is shown and what is made again are the same row, though it were erased in between."""
    world.http.post(f"/v1/decisions/{decided}/replay")

    assert world.archive.looked_up == 1


def test_what_differs_is_named(world: World, decided: str) -> None:
    """By the path of the field."""
    world.archive.again_as = b'{"status":"control"}'

    found = world.http.post(f"/v1/decisions/{decided}/replay").json()

    assert (found["same"], found["differing"], found["again"]) == (False, ["status"], {"status": "control"})


def test_what_cannot_be_made_again_says_why(world: World, decided: str) -> None:
    """The model of that day is gone: that is no difference, and no error of the caller's."""
    world.archive.again_as = Missing("model churn@abc is not kept", fix="restore it")

    answer = world.http.post(f"/v1/decisions/{decided}/replay")

    assert answer.status_code == 200
    assert (answer.json()["same"], answer.json()["again"]) == (False, None)
    assert answer.json()["why"] == "model churn@abc is not kept; restore it"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/decisions/nobody"), ("POST", "/v1/decisions/nobody/replay")])
def test_an_unknown_id_is_a_404(world: World, method: str, path: str) -> None:
    """As a problem document."""
    answer = world.http.request(method, path)

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/missing")
    assert "'nobody' is not in the log" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/decisions/", "/v1/decisions//replay", "/v1/decisions/a/b", "/v1/decisions/{decision_id}/replay/x"])
def test_a_path_that_names_no_decision_is_no_call(world: World, path: str) -> None:
    """An empty name is none; nor is a longer path."""
    assert world.http.get(path).json()["type"] == "/problems/no-such-path"


def test_the_method_is_minded(world: World, decided: str) -> None:
    """A decision is looked up, not posted."""
    assert world.http.post(f"/v1/decisions/{decided}").status_code == 405
