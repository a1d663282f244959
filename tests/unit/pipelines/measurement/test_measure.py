"""A shop measured through its door: what contacts added comes out, and a broken group says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from decisions.policy.control_groups import ComparisonGroups, Holdout, in_control
from measurement.results.lift_interval import FigureVerdict
from measurement.results.results import MeasuredResults
from otokui.api import Shop
from otokui.errors import BadInput, NotEnoughData
from otokui.frames import texts
from pipelines.report.results_section import results_of

CUSTOMERS = [f"c{number:04d}" for number in range(2_000)]
SALT, SHARE = "otokui", 0.05


def held() -> np.ndarray:
    return in_control(texts(CUSTOMERS), SALT, SHARE)


def orders(effect: float) -> pl.DataFrame:
    """Orders before and in May; contacted customers spend more in May by ``effect`` each."""
    draws, control = np.random.default_rng(5), held()
    base = draws.integers(500, 5_000, len(CUSTOMERS))
    past = pl.DataFrame({"customer_id": CUSTOMERS, "ordered_at": "2024-03-10T10:00:00", "paid_amount": base})
    spent = base + draws.integers(0, 300, len(CUSTOMERS)) + np.where(control, 0.0, effect)
    return pl.concat(
        [past, past.with_columns(ordered_at=pl.lit("2024-05-12T10:00:00"), paid_amount=pl.Series(spent))], how="vertical_relaxed"
    )


def contacts(*, to_control: bool = False) -> pl.DataFrame:
    """One e-mail on 10 May to everybody who is not held back."""
    control = held()
    chosen = [(name, on) for name, on in zip(CUSTOMERS, control, strict=True) if to_control or not on]
    return pl.DataFrame(
        {
            "contact_id": [f"k-{name}" for name, _ in chosen],
            "customer_id": [name for name, _ in chosen],
            "message_id": "new_arrivals",
            "channel": "email",
            "sent_at": "2024-05-10T10:00:00",
        }
    )


def measured(folder: Path, effect: float = 400.0, **settings: bool) -> tuple[Shop, MeasuredResults]:
    shop = Shop.create(folder, timezone="Asia/Tokyo")
    shop.ingest(transactions=orders(effect), contacts=contacts(**settings))
    return shop, shop.measure(since="2024-05-01", until="2024-06-01")


@pytest.fixture(scope="module")
def shop_and_results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, MeasuredResults]:
    return measured(tmp_path_factory.mktemp("measured") / "shop")


def test_what_contacts_added_lies_in_the_interval(shop_and_results: tuple[Shop, MeasuredResults]) -> None:
    """What contacts added lies in the interval."""
    made = shop_and_results[1].overall.outcomes["money"]
    assert made.difference == pytest.approx(400.0, abs=25.0)
    assert made.low is not None
    assert made.high is not None
    assert made.low < 400.0 < made.high
    assert made.high - made.low < 60.0  # the past explains nearly all of the spread
    assert (made.treated, made.control) == (int((~held()).sum()), int(held().sum()))


def test_without_an_effect_the_interval_holds_zero(tmp_path: Path) -> None:
    """Without an effect the interval holds zero."""
    made = measured(tmp_path / "shop", 0.0)[1].overall.outcomes["money"]
    assert made.low is not None
    assert made.high is not None
    assert made.low < 0.0 < made.high


def test_the_funnel_counts_orders_on_record_and_what_they_cost(shop_and_results: tuple[Shop, MeasuredResults]) -> None:
    """The funnel counts orders on record and what they cost."""
    _shop, results = shop_and_results
    counts = results.funnels["new_arrivals", "email"]
    sent = int((~held()).sum())
    assert (counts.sent, counts.orders, counts.converted) == (sent, sent, sent)
    assert results.cost > 0.0


def test_contacts_without_a_control_group_of_their_own_are_told_as_too_few(shop_and_results: tuple[Shop, MeasuredResults]) -> None:
    """Contacts without a control group of their own are told as too few."""
    assert shop_and_results[1].messages["new_arrivals"].verdict in (FigureVerdict.TOO_FEW, FigureVerdict.MISMATCH)


def test_a_contacted_control_group_is_said(tmp_path: Path) -> None:
    """A contacted control group is said."""
    assert measured(tmp_path / "shop", to_control=True)[1].contaminated == int(held().sum())


def test_the_results_are_kept_and_the_report_reads_them(shop_and_results: tuple[Shop, MeasuredResults]) -> None:
    """The results are kept and the report reads them."""
    shop, results = shop_and_results
    path = shop.folder / "results" / "latest.json"
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(results.to_dict()))
    section = results_of(path, results.period.until)
    assert section is not None
    assert section.overall.difference == results.overall.outcomes["money"].difference
    assert results_of(path, results.period.since) is None


def test_measuring_twice_gives_the_same_bytes(shop_and_results: tuple[Shop, MeasuredResults]) -> None:
    """Measuring twice gives the same bytes."""
    shop, results = shop_and_results
    again = Shop(shop.folder).measure(since="2024-05-01", until="2024-06-01")
    assert json.dumps(again.to_dict()) == json.dumps(results.to_dict())


def test_the_split_says_what_messages_and_what_choosing_earned(tmp_path: Path) -> None:
    """With a random group that spends 150 more than control and a decided one that spends 400 more."""
    holdout = Holdout(SALT, SHARE, 0.05, 0.3)
    random = ComparisonGroups.draw(texts(CUSTOMERS), holdout).random
    spent = orders(400.0)
    less = pl.when(
        pl.col("ordered_at").str.starts_with("2024-05")
        & pl.col("customer_id").is_in([n for n, on in zip(CUSTOMERS, random, strict=True) if on])
    )
    shop = Shop.create(tmp_path / "shop", timezone="Asia/Tokyo")
    settings = shop.folder / "otokui.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("random_share = 0.0", "random_share = 0.3"), encoding="utf-8")
    shop.ingest(transactions=spent.with_columns(paid_amount=less.then(pl.col("paid_amount") - 250.0).otherwise(pl.col("paid_amount"))))

    results = shop.measure(since="2024-05-01", until="2024-06-01")

    assert results.overall.outcomes["money"].difference == pytest.approx(400.0, abs=30.0)
    assert results.split["messages"].difference == pytest.approx(150.0, abs=30.0)
    assert results.split["choosing"].difference == pytest.approx(250.0, abs=15.0)
    assert results.split["choosing"].control == int(random.sum())
    assert "beyond_usual" not in results.split


def test_an_empty_period_and_a_shop_without_orders_are_refused(tmp_path: Path, shop_and_results: tuple[Shop, MeasuredResults]) -> None:
    """An empty period and a shop without orders are refused."""
    with pytest.raises(BadInput, match="ends before it begins"):
        shop_and_results[0].measure(since="2024-06-01", until="2024-05-01")
    with pytest.raises(NotEnoughData):
        Shop.create(tmp_path / "none").measure(until="2024-06-01")
