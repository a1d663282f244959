"""A service with nothing behind it: a dict for a store, a list for a ledger, a made-up prediction; the road itself is real."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import scoring.score
from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.engine.engine import DecisionEngine
from features import feature_names, summary_names
from otokui.domain import DAY, Instant, Label
from otokui.errors import Conflict, Missing, OtokuiError, Unavailable
from otokui.frames import Batch, ContactState, Floats, Predictions, texts
from otokui.ports.ledger import LoggedDecision, RequestKey, Written
from otokui.ports.reservations import Reservation, ReservationResult, Take
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.decisions import DecisionSettings
from otokui.settings.contacts.messages import Message
from otokui.settings.service.service import Service
from otokui.settings.settings import Settings
from serving.app import App
from serving.dialects.reading import ReadingContext
from serving.dialects.webhook import WebhookSecret
from serving.live.state import Live, LiveState
from serving.wiring import PERSONAL
from tests.fake_outgoing import Desk, Hooks, Outbox
from tests.unit.serving.access_book import AccessBook

CUTOFF = Instant(1_743_465_600)  # 2025-04-01T00:00:00Z, 09:00 in Tokyo
NOON = Instant(CUTOFF + 3 * 3_600)

SETTINGS = Settings(
    channels=(
        Channel(name="email", title="E-mail", title_ja="メール", cost=1.0),
        Channel(name="sms", title="SMS", title_ja="SMS", cost=10.0),
        Channel(
            name="site", title="Site", title_ja="サイト", reach="pull", needs_consent=False, quiet_from_hour=0, quiet_until_hour=0, cap=7
        ),
    ),
    messages=(
        Message(
            message_id="news",
            scenario="news",
            title="News",
            title_ja="新着",
            objective="purchase",
            channels=("email", "sms", "site"),
            show=("cart", "viewed"),
            prior_uplift=0.2,
        ),
        Message(
            message_id="thanks", scenario="care", title="Thanks", title_ja="お礼", objective="care", channels=("email",), prior_uplift=0.1
        ),
    ),
    decisions=DecisionSettings(holdout_share=0.0, scenario_holdout_share=0.0, exploration_share=0.0, exploration_most=0.0),
)


class Store:
    """Two customers on record; everybody else is unknown."""

    summarised_at = CUTOFF
    version = "test-1"
    failure: Exception | None = None
    breaks_on = ""

    def fetch(self, customer_ids: Sequence[str]) -> Batch:
        if self.failure is not None:
            raise self.failure
        if self.breaks_on in customer_ids:
            raise ZeroDivisionError("a row that nobody foresaw")
        values = np.full((len(customer_ids), len(summary_names())), np.nan)
        for i, customer_id in enumerate(customer_ids):
            if customer_id in ("ada", "bob"):
                for name, value in (
                    ("has_record", 1.0),
                    ("purchase_count", 2.0),
                    ("first_purchase_at", CUTOFF - 90 * DAY),
                    ("last_purchase_at", CUTOFF - 40 * DAY),
                    ("paid_sum", 8_000.0),
                ):
                    values[i, summary_names().index(name)] = value
        return Batch(texts(customer_ids), summary_names(), values)


@dataclass
class Book:
    """A ledger in memory: everybody consented to e-mail; ``full`` customers have no place left when it is taken."""

    reserved: list[Reservation] = field(default_factory=list)
    logged: list[LoggedDecision] = field(default_factory=list)
    answers: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    full: set[str] = field(default_factory=set)
    commits: int = 0
    unreadable: bool = False
    unwritable: bool = False
    merged: dict[str, str] = field(default_factory=dict)

    def surviving(self, customer_ids: Sequence[str], as_of: Instant) -> list[str]:
        if self.unreadable:
            raise Unavailable("the disk is gone", fix="bring it back")
        return [self.merged.get(customer_id, customer_id) for customer_id in customer_ids]

    def contact_state(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats) -> ContactState:
        if self.unreadable:
            raise Unavailable("the disk is gone", fix="bring it back")
        n, c, m = len(customer_ids), len(SETTINGS.channels), len(SETTINGS.messages)
        counts = [np.zeros(shape, dtype=np.int64) for shape in ((n,), (n, c), (n, m), (n, m))]
        return ContactState(np.tile(np.array([1, 0, 0], np.int8), (n, 1)), np.zeros((n, c), np.int8), *counts, np.full(n, np.nan))

    def answered(self, key: RequestKey, asked_at: Instant) -> bytes | None:
        found = self.answers.get(key.key)
        if found is not None and found[0] != key.body_digest:
            raise Conflict("the key was used with another body", fix="send a new key")
        return None if found is None else found[1]

    def commit(
        self,
        wanted: Sequence[Reservation],
        as_of: Instant,
        write: Callable[[Sequence[ReservationResult], Take], Written],
        key: RequestKey | None,
        asked_at: Instant,
    ) -> bytes | None:
        if self.unwritable:
            raise Unavailable("the disk is full", fix="make room")
        if key is not None and (kept := self.answered(key, asked_at)) is not None:
            return kept

        def take(asked: Sequence[Reservation]) -> list[ReservationResult]:
            rulings = [ReservationResult("contact_cap" if place.customer_id in self.full else "", place.send_at) for place in asked]
            self.reserved += [place for place, ruling in zip(asked, rulings, strict=True) if ruling]
            return rulings

        entries, answer = write(take(wanted), take)
        self.logged += entries
        self.commits += 1
        if key is not None and answer is not None:
            self.answers[key.key] = (key.body_digest, answer)
        return answer


@dataclass
class Archive:
    """The log of the book; what is made again is what ``again_as`` says, the very bytes if it says nothing."""

    book: Book
    again_as: bytes | OtokuiError | None = None
    looked_up: int = 0

    def find(self, decision_id: str) -> Any:
        self.looked_up += 1
        found = [entry.decision for entry in self.book.logged if entry.decision_id == decision_id]
        if not found:
            raise Missing(f"decision {decision_id!r} is not in the log", fix="check the id")
        answered = found[0].encode()
        return SimpleNamespace(answered=answered, again=lambda: self._again(answered))

    def _again(self, answered: bytes) -> Any:
        if isinstance(self.again_as, OtokuiError):
            raise self.again_as
        written = answered if self.again_as is None else self.again_as
        return SimpleNamespace(same=self.again_as is None, written=written, differing=() if self.again_as is None else ("status",))


def made_up(
    vectors: Batch,
    _models: Any,
    *,
    as_of: Instant,
    horizons_days: tuple[int, ...],
    definitions: Any,
    summaries: Batch,
    local_offset_seconds: int,
) -> Predictions:
    """Everybody buys with chance one half, whatever the model."""
    n, h = len(vectors), len(horizons_days)
    known = vectors.column("purchase_count") >= 1.0 if "purchase_count" in feature_names() else np.ones(n, dtype=bool)
    grid = np.full((n, h), 0.5)
    return Predictions(
        customer_ids=vectors.customer_ids,
        as_of=as_of,
        horizons_days=horizons_days,
        p_purchase=grid,
        days_to_next_p10=np.full(n, 2.0),
        days_to_next_median=np.full(n, 20.0),
        days_to_next_p90=np.full(n, 90.0),
        expected_purchases=grid,
        median_purchases=np.zeros((n, h)),
        expected_spend=grid * 10_000.0,
        churn_probability=np.full(n, 0.25),
        future_loyal_probability=np.full(n, np.nan),
        state=np.full(n, 2, dtype=np.int8),
        known=known,
        missing={"future_loyal": "not enough examples"},
        models={"churn": "abc"},
        weekday=np.tile([0.0, 0.0, 0.0, 0.0, 0.25, 0.75, 0.0], (n, 1)),
    )


class Source:
    """Hands out what it is told to."""

    def __init__(self) -> None:
        self.next: Live | None = None
        self.failure: OtokuiError | Exception | None = None
        self.opened: Any = None
        self.told: Any = None
        self.secret = WebhookSecret("OTOKUI_TEST_SECRET", "", False)
        self.book = AccessBook()

    def access(self) -> AccessBook:
        return self.book

    def inbox(self) -> Any:
        if self.opened is None:
            raise Unavailable("no ledger is open", fix="open one")
        return self.opened

    def feedback(self) -> Any:
        if self.told is None:
            raise Unavailable("no ledger is open", fix="open one")
        return self.told

    def webhooks(self, dialect: str) -> tuple[WebhookSecret, ReadingContext]:
        return self.secret, ReadingContext(channels=("email", "sms", "push", "line"), attributes=("rank",), timezone="Asia/Tokyo")

    def look(self, present: Live | None) -> Live | None:
        if self.failure is not None:
            raise self.failure
        return None if present is self.next else self.next


@dataclass
class World:
    """The service and what stands behind it."""

    app: App
    store: Store
    book: Book
    source: Source
    http: TestClient
    archive: Archive
    access: AccessBook

    def live(self, **changed: Any) -> Live:
        assert self.app.state.live is not None
        return replace(self.app.state.live, **changed)

    def decide(self, *customer_ids: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
        body = {"customers": [{"customer_id": customer_id} for customer_id in customer_ids]} | more
        return self.http.post("/v1/decisions", json=body, headers=headers)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A service at noon in Tokyo, three hours after the summaries were made."""
    monkeypatch.setattr(scoring.score, "predict", made_up)
    store, book, source = Store(), Book(), Source()
    archive = Archive(book)
    models = SimpleNamespace(models={Label.CHURN: SimpleNamespace(manifest=SimpleNamespace(trained_through=1))})
    source.next = Live(
        engine=DecisionEngine(models, compile_policy(SETTINGS, Evidence(Instant(0), delivery_tracked=False))),  # type: ignore[arg-type]
        summaries=store,
        ledger=book,
        outbox=Outbox(),
        webhooks=Hooks(),
        work_list=Desk(),
        digests={Label.CHURN: "abc"},
        timezone="Asia/Tokyo",
        max_summary_age_days=3.0,
        archive=archive,
    )
    limits = Service(max_customers=5, max_body_bytes=2_000, max_concurrency=2, timeout_seconds=2, swap_seconds=3_600.0)
    app = App(LiveState(source, limits.swap_seconds), limits, lambda: NOON, PERSONAL)
    app.start()
    yield World(
        app, store, book, source, TestClient(app.asgi, base_url="http://127.0.0.1", raise_server_exceptions=True), archive, source.book
    )
    app.stop()
