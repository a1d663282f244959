"""The page: self-contained, escaped, in two languages, and whole whatever is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis.customer_base import CustomerBase, Month, Step
from otokui.domain import Instant, Label
from otokui.errors import BadInput, Unavailable
from otokui.wording.i18n import Text
from pipelines.report import ReportInput, render, write
from pipelines.report.view_model import DataQualityIssue, DecisionSummary, ModelLine, Story, TableLine

AT = Instant(1_743_465_600)
PNG = b"\x89PNG\r\n\x1a\n"


def both(english: str, japanese: str) -> Text:
    """A text of the shop's own."""
    return Text(english, own={"ja": japanese})


def base() -> CustomerBase:
    """A dull base."""
    return CustomerBase(
        customers=200,
        purchases=500,
        revenue=1_000_000.0,
        first_at=Instant(AT - 86_400 * 300),
        last_at=AT,
        steps=[Step(1, 200, 80, 31.0, 12.0, 60.0), Step(2, 80, 0, None, None, None)],
        second_within_days=90,
        second_share=0.3,
        months=[Month("2025-02", 100, 10, 1.0), Month("2025-03", 100, 290, 1.0)],
        gap_bins=[("<1", 3), ("≥365", 1)],
        gap_median_days=31.0,
        gap_p90_days=120.0,
        decile_shares=[0.45, *[0.0611] * 9],
        curve=[(0.0, 0.0), (0.2, 0.8), (1.0, 1.0)],
        customers_for_80_percent=0.2,
        active_90_days=120,
    )


def decided() -> DecisionSummary:
    """A dull run."""
    return DecisionSummary(
        as_of=AT,
        customers=200,
        statuses={"contact": 40, "suppressed": 120, "no_contact": 30, "control": 10},
        groups={"treatment": 190, "control": 10},
        states={"new": 50, "loyal": 150},
        sent={("second_purchase", "email"): 30, ("second_purchase", "line"): 10},
        left_alone=[("no_consent", both("There is no consent on record", "同意が確認できません"), 120)],
        expected_value=5_400.0,
        cost=300.0,
        uplift_purchases=6.0,
        explored=2,
        hours=[0] * 9 + [40] + [0] * 14,
        days=[("2025-04-01", 30), ("2025-04-02", 10)],
        stories=[Story("c-17", "contact", "new", "second_purchase", "email", AT, 120.0, [both("Bought once", "購入はまだ1回です")])],
    )


def model() -> ModelLine:
    """A dull model with drawings and a picture."""
    return ModelLine(
        label=Label.CHURN,
        digest="ab" * 32,
        trained_through=AT,
        horizon_days=45.0,
        cutoffs=[AT],
        features=74,
        trees=100,
        metrics={"auc": 0.83, "own_metric": 1.5},
        by_cutoff=[(AT, {"auc": 0.83})],
        reliability=[(0.1, 0.12, 100), (0.5, 0.5, 20)],
        gain=[(0.0, 0.0), (0.2, 0.6), (1.0, 1.0)],
        importances=[("recency_days", both("days since the last purchase", "最終購入からの日数"), 0.4)],
        plots={"slices.png": PNG},
    )


def full() -> ReportInput:
    """A report with every part."""
    return ReportInput(
        shop="kissa",
        currency="JPY",
        timezone="Asia/Tokyo",
        written_at=AT,
        tables=[TableLine("orders", 500, Instant(AT - 86_400), AT, AT, 3)],
        findings=[DataQualityIssue("orders", "negative_amount", 3, "an amount is below zero", "export returns apart")],
        base=base(),
        models=[model()],
        untrained={"future_loyal": "only 12 became loyal; 30 are needed"},
        decided=decided(),
        titles={"second_purchase": both("Second purchase", "2回目購入のご案内"), "email": both("E-mail", "メール")},
    )


class Links(HTMLParser):
    """Collects whatever a browser would load or follow."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data", "action", "poster", "xlink:href"}]


def text_of(html: str) -> str:
    """What a reader sees, blanks joined."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.mark.parametrize("language", ["en", "ja"])
class TestSelfContained:
    def test_nothing_is_loaded_from_outside(self, language: str) -> None:
        """The page is mailed and archived; it must not tell anybody that it was opened."""
        html = render(full(), language)
        links = Links()
        links.feed(html)

        assert all(link.startswith(("#", "data:image/png;base64,")) for link in links.found)
        assert links.tags.isdisjoint({"script", "link", "iframe", "object", "embed", "base", "form"})
        assert "@import" not in html
        assert "url(" not in html

    def test_the_same_figures_give_the_same_bytes(self, language: str) -> None:
        """A report written twice can be compared."""
        assert render(full(), language) == render(full(), language)

    def test_names_from_records_are_escaped(self, language: str) -> None:
        """An id is whatever the shop's export holds."""
        evil = "<script>alert('1')</script>&\""
        story = replace(decided().stories[0], customer_id=evil, message_id=evil, channel=evil, state=evil, reasons=[evil])
        run = replace(
            decided(),
            stories=[story],
            sent={(evil, evil): 40},
            left_alone=[(evil, evil, 3)],
            states={evil: 200},
            days=[(evil, 1), (evil, 2)],
        )
        line = replace(model(), tail=evil, importances=[(evil, evil, 1.0)], metrics={evil: 1.0}, plots={evil: PNG})
        report = replace(
            full(),
            shop=evil,
            tables=[TableLine(evil, 1)],
            findings=[DataQualityIssue(evil, evil, 1, evil, evil)],
            base=replace(base(), months=[Month(evil, 1, 1, 1.0)], gap_bins=[(evil, 1)]),
            models=[line],
            untrained={evil: evil},
            decided=run,
            titles={evil: evil},
        )

        html = render(report, language)

        assert "<script" not in html
        assert "&lt;script&gt;" in html

    @pytest.mark.parametrize("part", ["tables", "base", "models", "decided", "all"])
    def test_what_is_missing_says_what_to_run(self, language: str, part: str) -> None:
        """A shop on its first day gets a page that leads on, not an error."""
        empty = {"tables": (), "base": None, "models": (), "decided": None}
        said = {"tables": "otokui ingest", "base": "otokui ingest", "models": "otokui train", "decided": "otokui decide"}
        missing = list(empty) if part == "all" else [part]

        html = render(replace(full(), **{name: empty[name] for name in missing}), language)  # type: ignore[arg-type]

        assert all(said[name] in html for name in missing)

    def test_every_drawing_can_be_heard(self, language: str) -> None:
        """A screen reader speaks a title and a description of each."""
        html = render(full(), language)
        drawings = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)

        assert len(drawings) >= 6
        assert all(re.search(r'role="img".*<title id="[^"]+">[^<]+</title><desc id="[^"]+">[^<]*</desc>', d, re.DOTALL) for d in drawings)


class TestWhatItSays:
    def test_one_paragraph_for_somebody_with_no_time(self) -> None:
        """What stands, what to do, and what is missing."""
        text = text_of(render(full(), "en"))

        assert "kissa knows 200 customers, of whom 120 bought in the last 90 days before 2025-04-01." in text
        assert "30% of first-time buyers come back within 90 days" in text
        assert "contacting 40 customers (20% of all), most of them with “Second purchase” over E-mail" in text
        assert "about ¥5,400 after costs" in text
        assert "Not predicted yet: Who becomes loyal." in text

    def test_in_japanese(self) -> None:
        """The same page for a Japanese CRM team, with nothing left in English."""
        text = text_of(render(full(), "ja"))

        assert "今回は40人(全体の20%)への連絡に価値があり、最も多いのはメールでの「2回目購入のご案内」です" in text
        assert "購入はまだ1回です" in text
        assert "Bought once" not in text

    def test_the_funnel_takes_away_one_status_at_a_time(self) -> None:
        """Everybody, permitted, worth it, not in a control group."""
        text = text_of(render(full(), "en"))

        for step in (
            "everybody on record 200 · 100%",
            "no rule forbids it 80 · 40%",
            "something is worth sending 50 · 25%",
            "contact 40 · 20%",
        ):
            assert step in text

    def test_a_picture_of_what_is_drawn_already_is_left_out(self) -> None:
        """Training logs a reliability plot, which the page draws itself in its own colours."""
        line = replace(model(), plots={"reliability.png": PNG, "slices.png": PNG})

        assert render(replace(full(), models=[line])).count("data:image/png") == 1

    def test_a_feature_is_named_in_the_language_of_the_page(self) -> None:
        """What a model looks at most, beside its bar."""
        assert "最終購入からの日数" in render(full(), "ja")
        assert "days since the last purchase" not in render(full(), "ja")
        assert "days since the last purchase" in render(full(), "en")

    def test_a_shop_in_which_nobody_bought_twice_has_no_gaps(self) -> None:
        """Half of none is no number of days."""
        report = replace(full(), base=replace(base(), gap_bins=[], gap_median_days=None, gap_p90_days=None))

        assert "Nobody has bought twice yet." in text_of(render(report, "en"))
        assert "shorter than – days" not in text_of(render(report, "en"))

    def test_silence_is_an_answer(self) -> None:
        """A run that contacts nobody is told as such."""
        run = replace(decided(), statuses={"no_contact": 200}, sent={}, stories=[], hours=[0] * 24, days=[])

        assert "Nobody is worth contacting now" in render(replace(full(), decided=run))

    def test_another_language_is_refused(self) -> None:
        """With those there are."""
        with pytest.raises(BadInput, match="'fr' has no catalogue"):
            render(full(), "fr")


class TestWrite:
    def test_the_page_appears_whole(self, tmp_path: Path) -> None:
        """Nothing else is left beside it."""
        write("<p>", tmp_path / "report.html")

        assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
        assert (tmp_path / "report.html").read_text() == "<p>"

    def test_a_folder_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        """With what to do about it."""
        with pytest.raises(Unavailable, match="--out"):
            write("<p>", tmp_path / "nowhere" / "report.html")
