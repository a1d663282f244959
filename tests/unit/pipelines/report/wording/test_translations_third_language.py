"""With one more file, a shop is read in a third language: the page, an explanation, what a model keeps; nothing of it is English."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from decisions.wording.phrases import Phrase
from decisions.wording.reason_table import Reasons
from otokui.domain import Label
from otokui.settings.settings import load
from otokui.wording.i18n import Text, languages
from pipelines.decision_run.explain import explain, in_languages
from pipelines.decision_run.explain_wording import Spoken
from pipelines.decision_run.predict import predictions_table
from pipelines.report import render
from pipelines.report.forecast_section import ForecastSection, Sales, SalesLine, SharedDrivers, StoredFactor
from pipelines.report.view_model import ReportInput
from pipelines.report.wording.purchase_time import HOURS, WEEKDAYS
from tests.third_language import not_from_the_catalogue, third_language
from tests.unit.decisions.builders import compile_policy, evidence, people
from tests.unit.pipelines.report.test_page import AT, PNG, full

WORDS = re.compile(r"[A-Za-z]{3,}")
PRESETS = load()
WHY = "there are records of 5 of the 1000 customers needed to learn from and to judge on; no chance is given"

__all__ = ["third_language"]


def page() -> ReportInput:
    """A page whose own texts all come from catalogues: those that a test makes up would be English in any language."""
    once = Phrase(_reasons().wordings[_reasons().code("second_purchase")], (12345.0, float("nan")))
    whole = full()
    assert whole.decided is not None
    story = replace(whole.decided.stories[0], reasons=[once])
    decided = replace(whole.decided, stories=[story], left_alone=[("no_consent", Phrase(_reasons().wordings[0]), 1200)])
    model = replace(whole.models[0], importances=[("recency_days", Text("days since the last purchase", "feature"), 0.4)])
    factor = StoredFactor({"feature": "paid_sum", "side": "high", "threshold": 1234.5, "en": "in English", "ja": "日本語"}, PRESETS)
    note = Text("The same weeks of last year are in the forecast.", "kept")
    lines = [SalesLine(30, unit, 1_234_000.0, 1.0, 2.0, 3.0, 4) for unit in ("orders", "revenue")]
    shared = SharedDrivers([(factor, 0.9, 0.3)], asks=[(Text("buy again", "ask"), 31)], customers=31, file="list")
    return replace(
        whole,
        shop="",
        findings=[],
        models=[
            replace(
                model,
                plots={"totals.png": PNG},
                metrics={"auc": 0.83, "log_loss_30d": 1.5},
                not_enough=f"not enough data for churn, because {WHY}",
            )
        ],
        untrained={"future_loyal": WHY},
        decided=decided,
        titles={"second_purchase": Text("E-mail", "title"), "email": Text("E-mail", "title"), "line": Text("E-mail", "title")},
        outlook=ForecastSection(Sales(AT, 0.8, lines, [note]), shared, SharedDrivers((), WHY)),
    )


def _reasons() -> Reasons:
    return compile_policy(PRESETS, evidence()).reasons


def visible(html: str) -> str:
    """What a reader sees, without code, time zone, ids and the names of tables and files."""
    html = re.sub(r"<(style|code)>.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("Asia/Tokyo", "")


def test_one_file_is_a_language(third_language: str) -> None:
    """It can be asked for as soon as it is there."""
    assert languages() == ("en", "de", "ja")


def test_the_page_holds_nothing_but_the_catalogue(third_language: str) -> None:
    """Headings, sentences, metrics, reasons, what files keep in English; numbers, money and dates as the language writes them."""
    html = render(page(), third_language)
    text = visible(html)

    assert WORDS.findall(not_from_the_catalogue(text)) == []
    assert '<html lang="de">' in html
    plain = text.replace("\xa0", " ")
    for written in ("1.234.000 ¥", "1.234 ¥ or more⟧", "01.04.2025 09:00", "⟦Bought once, 12345 days ago", "80 %", "0,83", "5 of the 1000"):
        assert written in plain
    assert "in English" not in plain


@pytest.mark.parametrize("facts", [{}, {"consented": 0}, {"contacts_in_period": 9}], ids=["contact", "no consent", "too many contacts"])
def test_an_explanation_holds_nothing_but_the_catalogue(third_language: str, facts: dict[str, Any]) -> None:
    """Decision, rules, reasons, predictions, factors, losers; only ids, codes and times stand as they are."""
    policy = compile_policy(PRESETS, evidence())
    asked = people(policy, ids=("17",), **facts)
    made = asked.decide()
    spoken = Spoken.of(PRESETS, (third_language,))

    def reasons(language: str) -> list[str]:
        return policy.reasons.in_language(made.reason_codes[0].tolist(), made.reason_numbers[0].tolist(), language)

    moments = dict.fromkeys((*WEEKDAYS, *HOURS), 0.05) | {WEEKDAYS[5]: 0.4, HOURS[6]: 0.6}
    told = explain(
        "17",
        PRESETS,
        decide=lambda _: (
            in_languages(asked.row(), reasons, (third_language,)),
            predictions_table(asked.predictions).to_pylist()[0] | moments,
        ),
        compare=lambda _: [spoken.candidate(candidate) for candidate in asked.compare()],
        factors=lambda _: {"churn": [("recency_days", 35.0, 0.4), ("birthday_month_now", 1.0, -0.2)], "spend": []},
        not_enough={Label.CHURN: WHY, Label.SPEND: WHY},
        languages=(third_language,),
    )
    decision = told.to_dict()["decision"]
    text = not_from_the_catalogue(told.to_text())

    assert WORDS.findall(text) == []
    assert "⟦Why⟧" in told.to_text()
    assert all(reason["text_de"].startswith("⟦") for reason in decision["reasons"])
    assert {"text", "text_ja", "text_de"} <= set(decision["reasons"][0])


def test_what_is_logged_knows_no_third_language(third_language: str) -> None:
    """The bytes of a decision do not depend on who reads it."""
    reason = people(compile_policy(PRESETS, evidence())).row()["reasons"][0]

    assert set(reason) == {"code", "text", "text_ja"}
