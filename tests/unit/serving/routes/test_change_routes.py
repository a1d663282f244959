"""What is due, over HTTP: the cursor is opaque, and one that was not made here is refused."""

from __future__ import annotations

import pytest

from tests.unit.serving.conftest import World


def test_a_page_is_told_in_the_shops_time_and_its_cursor_goes_on(world: World) -> None:
    """The next page begins where this one ended."""
    first = world.http.get("/v1/changes?limit=1&window_hours=48").json()
    second = world.http.get("/v1/changes", params={"cursor": first["cursor"], "limit": 1}).json()

    assert [row["change"] for row in first["changes"]] == ["due"]
    assert (first["changes"][0]["not_before"], first["more"]) == ("2025-04-01T12:00:00+09:00", True)
    assert (second["changes"][0]["change"], second["changes"][0]["reason"], second["more"]) == ("withdrawn", "no_consent", False)


@pytest.mark.parametrize("cursor", ["", "x", "e30", "bnVsbA", "!!!", "a" * 2_000, "eyJzZXF1ZW5jZSI6LTl9", "eyJzZXF1ZW5jZSI6IjEifQ"])
def test_a_cursor_that_was_not_made_here_is_refused(world: World, cursor: str) -> None:
    """With its parameter, as every other refusal."""
    if cursor == "e30":  # {} is the beginning, as no cursor is
        assert world.http.get("/v1/changes", params={"cursor": cursor}).status_code == 200
        return
    answer = world.http.get("/v1/changes", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["field"]) == (422, "$.cursor")


def test_a_cursor_keeps_its_channel(world: World) -> None:
    """Of another one it would skip what was not asked for."""
    cursor = world.http.get("/v1/changes?channel=email").json()["cursor"]

    assert world.http.get("/v1/changes", params={"cursor": cursor, "channel": "email"}).status_code == 200
    assert world.http.get("/v1/changes", params={"cursor": cursor}).json()["field"] == "$.channel"


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "window_hours=0", "window_hours=nan", "channel=", "since=1"])
def test_parameters_have_limits(world: World, query: str) -> None:
    """Also those that are not known."""
    assert world.http.get(f"/v1/changes?{query}").status_code == 422
