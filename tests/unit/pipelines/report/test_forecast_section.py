"""What lies ahead, on the page: the forecast and the factors that were kept, or what to run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from otokui.domain import Instant, Label
from otokui.settings.settings import Settings
from otokui.wording.i18n import Text, in_language
from otokui.wording.stored_text import StoredText
from pipelines.report import render
from pipelines.report.forecast_section import ForecastSection, Sales, SalesLine, SharedDrivers, outlook_of
from pipelines.report.models.model_cards import _deciles
from pipelines.report.models.training_artifacts import evaluation_of, keep
from pipelines.report.view_model import ReportInput

AT = Instant(1_743_465_600)


def page(outlook: ForecastSection, language: str = "en") -> str:
    """A page with nothing on it but what lies ahead."""
    return render(ReportInput(shop="kissa", currency="JPY", timezone="Asia/Tokyo", written_at=AT, outlook=outlook), language)


def full(text: str = "a note") -> ForecastSection:
    """A forecast of one horizon and one factor of each kind."""
    lines = [
        SalesLine(30, "orders", 410.0, 380.0, 450.0, 40.0, 7),
        SalesLine(30, "revenue", 1_234_000.0, 1_100_000.0, 1_400_000.0, 99_000.0, 7),
    ]
    told = Text(text, own={"ja": f"{text}です"})
    shared = SharedDrivers([(told, 0.9, 0.3)], asks=[(told, 31)], customers=31, file="lacking_one.csv")
    return ForecastSection(Sales(AT, 0.8, lines, [told]), shared, SharedDrivers((), "too few"))


def kept(folder: Path, as_of: int) -> tuple[Path, Path]:
    """Files as the two commands write them."""
    row = {"days": 30, "unit": "orders", "expected": 4.0, "low": 3.0, "high": 5.0, "of_new_customers": 1.0, "backtests": 2}
    part: dict[str, Any] = {"factors": [{"en": "a", "ja": "b", "among": 0.9, "elsewhere": 0.1}], "why_none": "", "customers": 3}
    forecast, factors = folder / "forecast.json", folder / "factors.json"
    forecast.write_text(json.dumps({"as_of_seconds": as_of, "cover": 0.8, "forecast": [row], "notes": [{"en": "x", "ja": "y"}]}))
    factors.write_text(json.dumps({"as_of_seconds": as_of, "future_loyal": part, "churn": part}))
    return forecast, factors


def test_a_forecast_stands_with_its_interval_and_its_notes() -> None:
    """In the shop's money, with what newcomers bring and how often it was tested."""
    html = page(full())

    assert "¥1,234,000" in html
    assert "¥1,100,000 – ¥1,400,000" in html
    assert "¥99,000" in html
    assert "a note" in html


def test_in_japanese_the_japanese_text_stands() -> None:
    """Notes, factors, what to ask for."""
    html = page(full(), "ja")

    assert "a noteです" in html
    assert "ロイヤル顧客の共通点" in html
    assert "全顧客の売上予測" in html


def test_what_was_not_made_says_what_to_run() -> None:
    """Both commands, on a page without them."""
    html = page(ForecastSection())

    assert "otokui forecast" in html
    assert "otokui factors" in html


def test_where_nothing_is_shared_it_says_why() -> None:
    """An empty list is explained."""
    assert "None could be named: too few" in page(full())


@pytest.mark.parametrize("language", ["en", "ja"])
def test_texts_are_escaped(language: str) -> None:
    """Whatever stands in the files."""
    assert "<script" not in page(full("<script>alert(1)</script>"), language)


def test_files_are_read_back(tmp_path: Path) -> None:
    """What the commands kept, as of a date the page speaks of."""
    found = outlook_of(*kept(tmp_path, AT), AT, Settings())

    assert found.sales == Sales(AT, 0.8, [SalesLine(30, "orders", 4.0, 3.0, 5.0, 1.0, 2)], [StoredText({"en": "x", "ja": "y"})])
    assert found.loyal is not None
    assert [(in_language(text, "en"), in_language(text, "ja"), *shares) for text, *shares in found.loyal.factors] == [("a", "b", 0.9, 0.1)]
    assert (found.loyal.asks, found.loyal.customers) == ([], 3)


def test_a_later_forecast_is_of_another_page(tmp_path: Path) -> None:
    """A report as of March does not show what was forecast in April."""
    assert outlook_of(*kept(tmp_path, AT + 1), AT, Settings()) == ForecastSection()


def test_what_is_not_there_or_broken_is_left_out(tmp_path: Path) -> None:
    """The page does without."""
    (tmp_path / "forecast.json").write_text("{")

    assert outlook_of(tmp_path / "forecast.json", tmp_path / "none.json", AT, Settings()) == ForecastSection()


def test_said_and_came_true_by_tenth_come_from_training(tmp_path: Path) -> None:
    """The table that training kept beside the pictures, by horizon; a label of one horizon calls it its own."""
    keep(tmp_path, Label.CHURN, "d", {"churn_reliability.json": b'{"all": [[0.1, 0.2, 300]]}'}, {})

    found = evaluation_of(tmp_path, Label.CHURN, "d")

    assert _deciles(found["deciles"], 45.0) == [(45, [(0.1, 0.2, 300)])]
    assert _deciles({"30": [[0.1, 0.1, 9]], "7": [[0.0, 0.0, 9]]}, 90.0)[0][0] == 7
