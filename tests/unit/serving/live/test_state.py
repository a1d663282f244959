"""What is live changes whole, without a restart, or stays as it was."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx

from otokui.domain import Instant, Label
from otokui.errors import BrokenModel
from serving.handlers.micro_batching import MicroBatcher
from serving.live.state import Live

World = Any
"""tests/unit/serving/conftest.py"""

NOON = Instant(1_743_476_400)


def test_what_is_new_is_served_after_the_next_look(world: World) -> None:
    """By alias: the pointer moved, nothing was restarted."""
    world.source.next = replace(world.app.state.live, digests={Label.CHURN: "def"})

    assert world.app.state.refresh() is True
    assert world.app.state.refresh() is False
    assert world.http.get("/readyz").json()["models"] == {"churn": "def"}


def test_a_model_that_is_live_only_to_say_why_there_is_none_goes_live(world: World) -> None:
    """A small shop's future loyalty has a digest and no model that speaks; the service starts all the same."""
    live = world.app.state.live
    world.source.next = replace(live, digests={**live.digests, Label.FUTURE_LOYAL: "mute"})

    assert world.app.state.refresh() is True
    assert world.http.get("/readyz").json()["models"] == {"churn": "abc", "future_loyal": "mute"}


def test_a_model_that_is_refused_leaves_the_old_one_and_a_warning(world: World) -> None:
    """The service goes on; readiness says what was refused and why."""
    world.source.failure = BrokenModel("model churn@def did not pass its canary", fix="train again")

    assert world.app.state.refresh() is False
    ready = world.http.get("/readyz")
    assert (ready.status_code, ready.json()["models"]) == (200, {"churn": "abc"})
    assert "did not pass its canary" in ready.json()["warnings"][0]
    assert world.decide("ada").json()["decisions"][0]["status"] == "contact"


def test_what_breaks_while_it_is_warmed_up_is_not_served(world: World) -> None:
    """The first walk happens before the swap."""

    def broken(_: Live) -> None:
        raise ZeroDivisionError

    world.app.state.warm = broken
    world.source.next = replace(world.app.state.live, digests={Label.CHURN: "def"})

    assert world.app.state.refresh() is False
    assert world.app.state.readiness(NOON).models == {"churn": "abc"}


def test_the_warning_goes_when_the_cause_has_gone(world: World) -> None:
    """A refusal of yesterday would hide one of today."""
    world.source.failure = BrokenModel("x", fix="y")
    world.app.state.refresh()
    world.source.failure = None
    world.app.state.refresh()

    assert world.app.state.readiness(NOON).warnings == []


def test_old_summaries_are_a_warning(world: World) -> None:
    """Everybody would be suppressed; the cause should be read where one looks first."""
    found = world.app.state.readiness(Instant(NOON + 4 * 86_400))

    assert found.ready
    assert "4.1 days old" in found.warnings[0]


def test_calls_that_come_together_are_answered_together_each_with_its_own(world: World) -> None:
    """One transaction for those without a key; every caller gets the customers they asked for."""

    async def at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app.asgi), base_url="http://127.0.0.1") as http:
            bodies = [{"customers": [{"customer_id": name}]} for name in ("ada", "bob", "nobody", "ada", "eve")]
            return await asyncio.gather(*(http.post("/v1/decisions", json=body) for body in bodies))

    world.app.asgi.max_concurrency = 10

    replies = asyncio.run(at_once())

    assert [reply.json()["decisions"][0]["customer_id"] for reply in replies] == ["ada", "bob", "nobody", "ada", "eve"]
    assert world.book.commits <= 5
    assert len(world.book.logged) == 5


class TestGatherer:
    def test_an_error_of_the_whole_batch_reaches_every_caller(self) -> None:
        """Nobody waits for an answer that will not come."""

        def broken(asks: object) -> list[bytes | Exception]:
            raise ZeroDivisionError

        async def ask() -> list[object]:
            return await asyncio.gather(gather("a", 1), gather("b", 1), return_exceptions=True)

        gather: MicroBatcher[str, bytes] = MicroBatcher(broken)
        gather.start()

        assert [type(reply) for reply in asyncio.run(ask())] == [ZeroDivisionError, ZeroDivisionError]
        gather.stop()

    def test_what_waits_goes_together_up_to_the_most(self) -> None:
        """While one is answered, the others queue; a batch holds at most ``most`` customers, in the order they came."""
        batches: list[list[str]] = []

        async def ask() -> list[bytes]:
            return await asyncio.gather(*(gather(name, 2) for name in "abcdef"))

        def work(asks: Any) -> list[bytes | Exception]:
            batches.append(list(asks))
            return [name.encode() for name in asks]

        async def run() -> list[bytes]:
            asked = asyncio.create_task(ask())
            await asyncio.sleep(0)
            gather.start()
            return await asked

        gather: MicroBatcher[str, bytes] = MicroBatcher(work, most=4)

        assert asyncio.run(run()) == [b"a", b"b", b"c", b"d", b"e", b"f"]
        assert [name for batch in batches for name in batch] == list("abcdef")
        assert max(map(len, batches)) == 2
        gather.stop()
