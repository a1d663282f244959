"""Readiness asks each store, once a second at most, and says which does not do its work, without naming where it is."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from otokui.errors import BrokenModel, Missing, Unavailable
from serving.http.error_detail import caller_text
from serving.live import store_probes
from serving.live.store_probes import Check, StoreProbes, checks
from serving.wiring import ShopSource

World = Any
"""tests/unit/serving/conftest.py"""


@dataclass
class Store:
    """Counts how often it is asked."""

    asked: int = 0
    failure: Exception | None = None
    hangs: threading.Event | None = field(default=None)

    def look(self) -> None:
        self.asked += 1
        if self.hangs is not None:
            self.hangs.wait(30)
        if self.failure is not None:
            raise self.failure


def check(store: Store) -> Check:
    return Check("ledger", "it cannot be written", "check it", store.look)


def test_a_store_that_fails_makes_the_service_not_ready_and_is_named_without_its_place(world: World) -> None:
    """The detail of the error stays in the log; the models go on being told."""
    store = Store(failure=Unavailable("/srv/shop/ledger.db at db.internal:5432 as otokui", fix="x"))
    world.app.state.live = world.live(checks=(check(store),))

    reply = world.http.get("/readyz")

    assert (reply.status_code, reply.json()["ready"]) == (503, False)
    assert reply.json()["reasons"] == ["ledger: it cannot be written; check it"]
    assert reply.json()["models"] == {"churn": "abc"}
    assert world.http.get("/livez").status_code == 200
    assert "otokui_ready 0.0" in world.http.get("/metrics").text


def test_many_probes_ask_a_store_once(world: World) -> None:
    """Whoever calls /readyz in a loop does not load the database."""
    store = Store()
    world.app.state.live = world.live(checks=(check(store),))

    assert [world.http.get("/readyz").status_code for _ in range(20)] == [200] * 20
    assert store.asked == 1


def test_a_store_is_asked_again_when_the_answer_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed a while ago may work by now."""
    monkeypatch.setattr(store_probes, "FRESH_SECONDS", 0.0)
    store, prober = Store(failure=OSError("no space left")), StoreProbes()

    before = asyncio.run(prober([check(store)]))
    store.failure = None

    assert (before, asyncio.run(prober([check(store)]))) == (["ledger: it cannot be written; check it"], [])


def test_a_store_that_hangs_is_told_of_and_asked_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many probes come, one thread waits for it; the others are asked all the same."""
    monkeypatch.setattr(store_probes, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(store_probes, "TIMEOUT_SECONDS", 0.05)
    go = threading.Event()
    store, other, prober = Store(hangs=go), Store(), StoreProbes()
    both = [check(store), Check("disk", "full", "make room", other.look)]

    found = [asyncio.run(prober(both)) for _ in range(3)]
    go.set()

    assert found == [["ledger: no answer within 0.05 seconds; check it"]] * 3
    assert (store.asked, other.asked) == (1, 3)


def test_a_disk_has_room_down_to_the_least() -> None:
    """And the number is told, not the place."""
    for free, failing in ((1_000, []), (999, ["disk: fewer than 1,000 bytes are left; make room, or set [service] min_free_bytes"])):
        assert asyncio.run(StoreProbes()(checks(lambda: None, lambda: None, lambda free=free: free, 1_000))) == failing


def test_the_disk_of_a_ledger_that_lies_elsewhere_counts_too(tmp_path: Path) -> None:
    """The shop's folder has room; the ledger's does not."""
    source = ShopSource(tmp_path, free={tmp_path: 500, Path("/other"): 7}.__getitem__)

    assert source._least_free(Path("/other")) == 7
    assert source._least_free(None) == 500


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/srv/my shop/online/evidence.json does not exist", "online/evidence.json does not exist"),
        ("no snapshot is published in /srv/my shop/online", "no snapshot is published in online"),
        ("/srv/my shop is empty", "SHOP is empty"),
        ("[Errno 13] Permission denied: '/etc/otokui/key.pem'", "[Errno 13] Permission denied: 'key.pem'"),
        ("postgresql://otokui:secret@db.internal:5432/ledger, no", "(address), no"),
        ("run `otokui train --shop SHOP`; see /readyz", "run `otokui train --shop SHOP`; see /readyz"),
        ("3/4 of 2025/04/01", "3/4 of 2025/04/01"),
    ],
)
def test_what_is_told_names_no_place_of_the_machine(monkeypatch: pytest.MonkeyPatch, text: str, says: str) -> None:
    """Files of the shop from its folder on, others by their name, addresses not at all."""
    monkeypatch.setenv("OTOKUI_SHOP", "/srv/my shop")

    assert caller_text(text) == says


def test_neither_reasons_nor_warnings_name_a_path(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a look at the shop's folder refused is told from the folder on."""
    monkeypatch.setenv("OTOKUI_SHOP", "/srv/shop")
    world.source.failure = BrokenModel("/srv/shop/models/churn is damaged", fix="restore /srv/shop/models")
    world.app.state.refresh()
    warned = world.http.get("/readyz").json()["warnings"]
    world.app.state.live = None
    world.source.failure = Missing("/srv/shop/online/evidence.json does not exist", fix="run it")
    world.app.state.refresh()

    assert warned == ["the last change was refused: models/churn is damaged; restore models"]
    assert world.http.get("/readyz").json()["reasons"] == ["online/evidence.json does not exist; run it"]
