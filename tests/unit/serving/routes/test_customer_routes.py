"""Disclosure and erasure over HTTP: told whole, gone at once, and the proof when the files are done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import Instant
from serving.handlers.customers.customer_wiring import customer_desk
from tests.contract.ledgers import CHANNELS, MESSAGES, consents
from tests.unit.serving.conftest import NOON, World, world

__all__ = ["world"]


class Child:
    """A worker that was started, and has not ended."""

    def poll(self) -> None:
        """Still running."""


@pytest.fixture
def ledger(world: World, tmp_path: Path) -> Any:
    """A ledger that knows ada, behind the calls; the worker is the test."""
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.db", channels=CHANNELS, messages=MESSAGES, contact_cap=3, contact_cap_days=7)
    opened.import_consents(consents(("ada", "email", True, 5)))
    world.source.next = world.live(customer_desk=customer_desk(tmp_path, opened, "Asia/Tokyo"))
    world.app.state.refresh()
    yield opened
    opened.close()


def test_everything_on_record_is_told(world: World, ledger: SqlLedger) -> None:
    """With the predictions of now."""
    reply = world.http.get("/v1/customers/ada").json()

    assert reply["ledger"]["consents"][0]["channel"] == "email"
    assert reply["predictions"]["churn_probability"] == 0.25
    assert world.http.get("/v1/customers/stranger").status_code == 404


def test_who_is_erased_is_gone_from_the_reply_on(world: World, ledger: SqlLedger) -> None:
    """202 while files are rewritten, 200 with the proof afterwards; the id is in neither."""
    first = world.http.delete("/v1/customers/ada")
    assert (first.status_code, first.json()["status"]) == (202, "pending")
    assert ledger.erasures.pending() == ["ada"]
    assert world.http.get("/v1/customers/ada").status_code == 404

    ledger.erasures.finish("ada", Instant(NOON + 9), {"erased": {"ledger: consents": 1}})
    second = world.http.delete("/v1/customers/ada")

    assert (second.status_code, second.json()["proof"]) == (200, {"erased": {"ledger: consents": 1}})
    assert '"ada"' not in json.dumps([first.json(), second.json()])


def test_a_worker_is_started_once_for_what_is_pending(world: World, ledger: SqlLedger) -> None:
    """And again only when it has ended."""
    from dataclasses import replace

    from serving.live.customer_desk import ErasureWatcher

    begun: list[Child] = []
    desk = world.live().customer_desk
    assert desk is not None
    watcher = ErasureWatcher(lambda: replace(desk, begin=lambda: begun.append(Child()) or begun[-1]))  # type: ignore[arg-type, return-value, func-returns-value]

    watcher.look()
    world.http.delete("/v1/customers/ada")
    for _ in range(3):
        watcher.look()

    assert len(begun) == 1
