"""What a shop sends during the day is in the next decision, in every process of the service, and in its replay."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from adapters.decision_archive.logged_inputs import inputs_of_log
from features import summary_names
from otokui.domain import Instant, parse_instant, show_instant
from otokui.settings.service.service import Service
from pipelines.decision_run.decision_operations import run_materialise
from pipelines.ingestion.ingest import ingest
from pipelines.shop.shop import Shop
from serving.app import App
from serving.live.state import LiveState
from serving.wiring import PERSONAL, ShopSource
from tests.e2e.households import CUTOFF, copied, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("e2e")]
NIGHT = parse_instant(CUTOFF, "America/New_York")
NOW = Instant(NIGHT + 9 * 3_600)


_calls = count()


def now() -> Instant:
    """A clock that goes on with every look: a decision of another second is another decision."""
    return Instant(NOW + next(_calls))


class Process:
    """One process of the service, but for the process."""

    def __init__(self, shop: Path) -> None:
        self.app = App(LiveState(ShopSource(shop, tries=lambda _: None, now=now), 3_600.0), Service(), now, PERSONAL)
        self.app.start()
        self.http = TestClient(self.app.asgi, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))

    def send(self, *items: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = self.http.post("/v1/events", json={"items": items}).json()
        return reply

    def look(self) -> None:
        """Do now what the thread does four times a second."""
        assert self.app.state.live is not None
        assert self.app.state.live.today is not None
        self.app.state.live.today.refresh()

    def decide(self, *customer_ids: str) -> list[dict[str, Any]]:
        self.look()
        reply = self.http.post("/v1/decisions", json={"customers": [{"customer_id": one} for one in customer_ids]})
        assert reply.status_code == 200, reply.text
        decisions: list[dict[str, Any]] = reply.json()["decisions"]
        return decisions


def order(order_id: str, customer_id: str, seconds: int) -> dict[str, Any]:
    line = {"product_id": "tea", "quantity": 1, "paid_amount": "12.5"}
    ordered = {"order_id": order_id, "ordered_at": show_instant(Instant(NOW - seconds), "UTC"), "place": "ec", "lines": [line]}
    return {"kind": "order", "event_id": order_id, "customer_id": customer_id} | ordered


def facts(shop: Path, decision_id: str) -> dict[str, float]:
    """The summary that a decision was logged with."""
    (logged,) = inputs_of_log([Shop(shop).ledger.decision(decision_id)])
    return dict(zip(summary_names(), np.asarray(logged.summaries.values)[0].tolist(), strict=True))


def test_the_day_reaches_decisions_replay_and_records(trained: Path, tmp_path: Path) -> None:
    """An order, its delivery, a new customer and a refusal, sent to one process and seen by two; then taken over and purged."""
    made = copied(trained, tmp_path / "shop", "")
    run("materialise", "--shop", made, "--as-of", CUTOFF)
    shop = Shop(made)
    ada, bob = (str(one) for one in next(shop.chunks(shop.summaries(NIGHT))).customer_ids[:2])
    one, other = Process(made), Process(made)
    try:
        before = facts(made, one.decide(ada)[0]["decision_id"])
        refusal = {"kind": "consent", "event_id": "n1", "customer_id": bob, "channel": "email", "opted_in": False}
        sent = one.send(
            order("o1", ada, 600), order("o2", "newcomer", 300), refusal | {"changed_at": show_instant(Instant(NOW - 60), "UTC")}
        )
        assert sent["accepted"] == 3, sent
        decided = other.decide(ada, "newcomer", bob)
        after, newcomer = (facts(made, decision["decision_id"]) for decision in decided[:2])

        assert (after["last_purchase_at"], after["purchase_count"]) == (NOW - 600, before["purchase_count"] + 1)
        assert after["last_open_order_at"] == NOW - 600
        assert (newcomer["has_record"], newcomer["purchase_count"]) == (1.0, 1.0)
        assert decided[2]["channel"] is None or decided[2]["channel"]["name"] != "email"

        delivered = {"kind": "order_update", "event_id": "d1", "order_id": "o1"}
        times = dict.fromkeys(("occurred_at", "delivered_at"), show_instant(Instant(NOW - 30), "UTC"))
        one.send(delivered | times)
        last = other.decide(ada)[0]["decision_id"]
        assert facts(made, last)["last_delivered_at"] == NOW - 30

        for decision_id in (*(decision["decision_id"] for decision in decided), last):
            assert other.http.post(f"/v1/decisions/{decision_id}/replay").json()["same"] is True

        report = ingest(made, shop.settings, {}, Instant(NOW + 1_000), ledger=shop.ledger, inbox=shop.inbox)
        assert (report.inbox.entries, report.inbox.waiting) == (4, 0)
        # On record, and not summarised yet: the row of today stays the same.
        assert str(facts(made, other.decide(ada)[0]["decision_id"])) == str(facts(made, last))
        run_materialise(Shop(made), as_of=Instant(NOW + 1_200))
        served = ShopSource(made, tries=lambda _: None, now=lambda: Instant(NOW + 1_800)).look(None)
        assert served is not None
        assert served.today is not None
        served.today.stop()
        summaries = served.summaries.fetch([ada])
        assert summaries.column("last_delivered_at").tolist() == [NOW - 30]
        assert served.today.over(summaries, Instant(NOW + 1_800))[0] is summaries
    finally:
        one.app.stop()
        other.app.stop()
