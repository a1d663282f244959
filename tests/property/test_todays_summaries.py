"""The merge law while the day goes on: last night's row with what arrived since is what a fresh summary would say."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.engines.polars_engine import PolarsRecords
from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.inbox.records_of_customers import RecordsOfCustomers
from adapters.inbox.served_mark import ServedMark
from adapters.inbox.todays_summaries import InboxSummaries
from adapters.ledger import SqlLedger, open_ledger
from adapters.records.store.commit_log import RecordLog
from adapters.records.store.sql import connect
from features.batches import to_batches
from features.summaries.summary import ORDER_BOUND, summarise, summary_names
from features.vectors import derive
from otokui.domain import DAY, CutoffDate, Instant
from otokui.frames import Batch, texts
from otokui.ports.inbox import InboxEntry, ItemStatus
from pipelines.ingestion.ingest import ingest
from pipelines.summaries.summarise import SUMMARISED
from tests.unit.pipelines.ingesting import NOW, Shop

CUSTOMERS = [f"c{n:02}" for n in range(24)]
NEW = [f"n{n:02}" for n in range(6)]
PRODUCTS = ("tea", "cup", "pot")
TIMEZONE = "Asia/Tokyo"
CALLS_EVERY = 4_000
"""Seconds between the calls in which items arrive."""


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Night:
    """A shop with half a year on record, and the summaries of the night at NOW."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder, timezone=TIMEZONE, attributes=("rank",))
        chance = random.Random(7)
        orders, lines, events = [], [], []
        for n in range(120):
            when = NOW - chance.randrange(2 * DAY, 180 * DAY)
            delivered = at(when + DAY).isoformat() if chance.random() < 0.6 else ""
            orders.append(f"r{n},{chance.choice(CUSTOMERS)},{at(when).isoformat()},{delivered},{chance.choice(('ec', 'store'))}")
            bought = chance.sample(PRODUCTS, chance.randint(1, 3))
            lines += [f"r{n},{p},{chance.randint(1, 3)},{chance.randint(100, 9_000) / 10},{chance.randint(900, 1_200)}" for p in bought]
            events.append(f"v{n},{chance.choice(CUSTOMERS)},{at(when - 60).isoformat()},product_view")
        self.shop.bring(
            orders="order_id,customer_id,ordered_at,delivered_at,place\n" + "\n".join(orders),
            order_lines="order_id,product_id,quantity,paid_amount,list_amount\n" + "\n".join(lines),
            events="event_id,customer_id,occurred_at,type\n" + "\n".join(events),
            products="product_id,category_l,brand,taste,unit_cost,replenish_days\ntea,drink,a,green,3,30\ncup,ware,b,blue,5,\npot,ware,a,red,9,",
            customers="customer_id,registered_at,gender,area,rank\n"
            + "\n".join(f"{c},{at(NOW - 200 * DAY).isoformat()},f,Kyoto,silver" for c in CUSTOMERS),
        )


def fresh(shop: Path, before: int) -> dict[str, np.ndarray[Any, Any]]:
    """Every customer's summary, made anew from the records."""
    with tempfile.TemporaryDirectory() as spill:
        source = PolarsRecords(shop / "records", connect(memory_limit="512MB", threads=1, spill_folder=Path(spill)))
        frames = {name: source.frame(name, Instant(before)) for name in SUMMARISED if name in source.tables()}
        made = summarise(frames, CutoffDate(Instant(before))).collect("polars").to_native().to_arrow()
    (batch,) = to_batches(made.combine_chunks().to_batches())
    return dict(zip(batch.customer_ids.tolist(), batch.values, strict=True))


class Summaries:
    """Last night's summaries, as the service reads them."""

    summarised_at = Instant(NOW)

    def __init__(self, rows: dict[str, np.ndarray[Any, Any]]) -> None:
        self.rows = rows

    def fetch(self, customer_ids: Any) -> Batch:
        nothing = np.full(len(summary_names()), np.nan)
        return Batch(texts(customer_ids), summary_names(), np.array([self.rows.get(str(one), nothing) for one in customer_ids]))


def stream(chance: random.Random) -> list[tuple[int, InboxEntry]]:
    """Items of an evening and a day, each with the second of its arrival: shuffled, late, and some of them twice."""
    found: list[tuple[int, InboxEntry]] = []

    def add(happened: int, rows: dict[str, list[dict[str, Any]]]) -> None:
        late = chance.choice((0, 1, 30, 600, 30_000, 100_000))
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            arrived = max(happened + late, NOW - 10_000) + chance.randrange(60)
            found.append((-(-arrived // CALLS_EVERY) * CALLS_EVERY, InboxEntry("api", f"e{number}", "d", rows)))

    placed: dict[str, int] = {}
    for number in range(90):
        when = NOW + chance.randrange(-30_000, 60_000)
        customer = chance.choice(CUSTOMERS + NEW)
        kind = chance.random()
        known_order = chance.choice([*placed, *(f"r{n}" for n in range(120))]) if placed else f"r{number}"
        if kind < 0.3:
            order = {"order_id": f"o{number}", "customer_id": customer, "ordered_at": at(when), "place": chance.choice(("ec", "store"))}
            bought = chance.sample(PRODUCTS, chance.randint(1, 2))
            lines = [
                {
                    "order_id": f"o{number}",
                    "product_id": p,
                    "quantity": 2,
                    "paid_amount": chance.randint(10, 9_999) / 10,
                    "list_amount": 999,
                }
                for p in bought
            ]
            placed[f"o{number}"] = when
            add(when, {"orders": [order], "order_lines": lines})
        elif kind < 0.5:
            happened = max(when, placed.get(known_order, 0) + 60)
            news = chance.choice(({"delivered_at": at(happened)}, {"cancelled_at": at(happened)}, {"delivered_at": at(happened + 4_000)}))
            add(happened, {"order_updates": [{"order_id": known_order, "occurred_at": at(happened)} | news]})
        elif kind < 0.6:
            update = {"order_id": known_order, "occurred_at": at(when)}
            back = {"order_id": known_order, "product_id": chance.choice(PRODUCTS), "occurred_at": at(when), "returned_quantity": 1}
            add(when, {"order_updates": [update], "returns": [back]})
        elif kind < 0.9:
            type_ = chance.choice(("page_view", "cart_add", "search", "enquiry"))
            add(when, {"events": [{"event_id": f"e{number}", "customer_id": customer, "occurred_at": at(when), "type": type_}]})
        else:
            change = chance.choice(({"area": "Osaka"}, {"gender": "m"}, {"rank": "gold", "birth_year": 1980}))
            add(when, {"customer_changes": [{"customer_id": customer, "occurred_at": at(when)} | change]})
    return sorted(found, key=lambda one: (one[0], chance.random()))


@contextmanager
def opened(folder: Path) -> Iterator[tuple[SqlLedger, LedgerInbox, Shop]]:
    shop = Shop.__new__(Shop)
    shop.path, shop._files, shop.settings = folder / "shop", folder, NIGHT.shop.settings
    with open_ledger(f"sqlite:///{folder}/ledger.db", channels=(), messages=(), contact_cap=3, contact_cap_days=7) as ledger:
        yield ledger, LedgerInbox(ledger, EntryChecks(shop.settings.records, TIMEZONE), TIMEZONE), shop


NIGHT: Night


@pytest.fixture(scope="module", autouse=True)
def _night(tmp_path_factory: pytest.TempPathFactory) -> None:
    global NIGHT  # made once: hypothesis draws what arrives, not the shop
    NIGHT = Night(tmp_path_factory.mktemp("night"))


@settings(max_examples=3)
@given(st.integers(0, 1 << 30))
def test_last_nights_row_with_todays_is_a_fresh_summary(seed: int) -> None:
    """Byte for byte, sums that hang on their order to 24 bits; whoever's summary would change is among the news."""
    arrivals = stream(random.Random(seed))
    as_of = max(second for second, _ in arrivals) // 2 + NOW // 2
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shutil.copytree(NIGHT.shop.path, folder / "shop")
        with opened(folder) as (ledger, inbox, shop):
            early = [(second, entry) for second, entry in arrivals if second < NOW - 2_000]
            taken_in(inbox, early)
            ingest(shop.path, shop.settings, {}, Instant(NOW - 2_000), ledger=ledger, inbox=inbox)
            through = RecordLog(shop.path / "records").inbox_mark().through
            night = fresh(shop.path, NOW)
            taken_in(inbox, [one for one in arrivals if NOW - 2_000 <= one[0] <= as_of])
            today = InboxSummaries(
                inbox,
                Summaries(night),
                RecordsOfCustomers(shop.path / "records", folder / "spill"),
                ServedMark("v", Instant(NOW), through),
                TIMEZONE,
                ("rank",),
            )
            touched = today.news()
            live = {row.customer_id: row for row in today.rows(touched, Instant(as_of))}
            ingest(shop.path, shop.settings, {}, Instant(as_of + 1), ledger=ledger, inbox=inbox)
            expected = fresh(shop.path, as_of + 1)

    nothing = np.full(len(summary_names()), np.nan)
    for customer_id in sorted(set(expected) | set(touched)):
        row = live.get(customer_id)
        found = night.get(customer_id, nothing) if row is None or row.values is None else row.values
        assert differing(found, expected.get(customer_id, nothing)) == [], customer_id
        if row is not None:
            assert row.holds_from <= as_of < row.holds_until
    assert vectors(live, as_of) == vectors({c: expected[c] for c in live if c in expected}, as_of)


def taken_in(inbox: LedgerInbox, arrivals: list[tuple[int, InboxEntry]]) -> None:
    """Let items arrive; those of one second come in one call."""
    for second in sorted({second for second, _ in arrivals}):
        results = inbox.take([entry for when, entry in arrivals if when == second], Instant(second))
        assert {result.status for result in results} <= {ItemStatus.ACCEPTED, ItemStatus.DUPLICATE}, results


def differing(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> list[tuple[str, float, float]]:
    """Return where two rows differ; sums that hang on the order of their addends may in the last bits."""
    out = []
    for name, one, other in zip(summary_names(), found.tolist(), expected.tolist(), strict=True):
        close = name in ORDER_BOUND and np.isclose(one, other, rtol=1e-9, atol=0.0, equal_nan=True)
        if not close and not (np.isnan(one) and np.isnan(other)) and one != other:
            out.append((name, one, other))
    return out


def vectors(rows: dict[str, Any], as_of: int) -> dict[str, bytes]:
    """Return the feature vectors of rows, as bytes."""
    values = {c: getattr(row, "values", row) if not isinstance(row, np.ndarray) else row for c, row in rows.items()}
    there = {c: value for c, value in values.items() if value is not None}
    batch = Batch(texts(list(there)), summary_names(), np.array(list(there.values())).reshape(len(there), -1))
    derived = derive(batch, Instant(as_of)).values
    return {c: row.tobytes() for c, row in zip(there, derived, strict=True)}
