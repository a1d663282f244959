"""From the files of a shop to the figures of its report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from decisions.compiler.compile_policy import reasons_of
from otokui.domain import DAY, Instant
from otokui.errors import BadInput
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Condition, Message
from otokui.settings.settings import Settings
from otokui.settings.shop import ShopSettings
from otokui.wording.i18n import in_language
from pipelines.report import gather, render
from pipelines.report.decision_summary import decided_figures

AS_OF = Instant(1_743_433_200)  # 2025-04-01 00:00 in Tokyo
MESSAGES = (
    Message(
        message_id="second_purchase",
        scenario="f2",
        title="Second purchase",
        title_ja="2回目",
        objective="second_purchase",
        channels=("email",),
        eligible=(Condition(column="purchase_count", at_most=1.0),),
    ),
)
SETTINGS = Settings(
    shop=ShopSettings(name="kissa"), channels=(Channel(name="email", title="E-mail", title_ja="メール"),), messages=MESSAGES
)
REASONS = reasons_of(SETTINGS)


def in_both(texts: Sequence[Any]) -> list[tuple[str, str]]:
    """Say texts in English and in Japanese."""
    return [(in_language(text, "en"), in_language(text, "ja")) for text in texts]


SCHEMA = {
    "customer_id": pl.String,
    "as_of": pl.Int64,
    "status": pl.String,
    "group": pl.String,
    "state": pl.String,
    "message_id": pl.String,
    "channel": pl.String,
    "considered_message_id": pl.String,
    "considered_channel": pl.String,
    "send_at": pl.Float64,
    "expected_value": pl.Float64,
    "cost": pl.Float64,
    "uplift": pl.Float64,
    "explored": pl.Boolean,
    "suppressions": pl.String,
    "reason_1": pl.String,
    "reason_1_a": pl.Float64,
    "reason_1_b": pl.Float64,
    "inputs": pl.Binary,
}


def row(customer_id: str, status: str, **said: Any) -> dict[str, Any]:
    """One decision, dull unless said otherwise."""
    dull = {"as_of": AS_OF, "group": "treatment", "state": "new", "explored": False, "reason_1": "best_value", "inputs": b"\x00"}
    return dict.fromkeys(SCHEMA) | dull | {"customer_id": customer_id, "status": status} | said


def contact(customer_id: str, value: float, hour: int = 9, day: int = 0, **said: Any) -> dict[str, Any]:
    """One contact by e-mail, sent at a local hour."""
    sent = {"message_id": "second_purchase", "channel": "email", "send_at": float(AS_OF + day * DAY + hour * 3_600)}
    return row(customer_id, "contact", expected_value=value, cost=1.0, uplift=0.1, **(sent | said))


def folder(path: Path, *parts: list[Mapping[str, Any]]) -> Path:
    """A finished run of so many parts."""
    names = [f"part-{i:05d}.parquet" for i in range(len(parts))]
    for name, rows in zip(names, parts, strict=True):
        pl.DataFrame(rows, schema=SCHEMA).write_parquet(path / name)
    (path / "manifest.json").write_text(json.dumps({"parts": [{"file": name} for name in names], "versions": {"policy": "p1"}}))
    return path


class TestDecidedFigures:
    def test_counts_over_all_parts(self, tmp_path: Path) -> None:
        """Statuses, money and the messages sent, from every file of the run."""
        path = folder(
            tmp_path,
            [contact("a", 5.0), contact("b", 7.0, channel="line", explored=True)],
            [
                row("c", "suppressed", suppressions="no_consent"),
                row("d", "control", group="control", expected_value=9.0),
            ],
        )

        decided = decided_figures(path, "Asia/Tokyo", REASONS)

        assert decided is not None
        assert decided.statuses == {"contact": 2, "control": 1, "suppressed": 1}
        assert decided.groups == {"treatment": 3, "control": 1}
        assert decided.sent == {("second_purchase", "email"): 1, ("second_purchase", "line"): 1}
        assert (decided.expected_value, decided.cost, decided.explored, decided.policy) == (12.0, 2.0, 1, "p1")
        assert decided.uplift_purchases == pytest.approx(0.2)

    def test_a_customer_counts_under_each_of_the_rules(self, tmp_path: Path) -> None:
        """Whoever is refused twice would stay refused if one rule fell."""
        path = folder(
            tmp_path,
            [
                row("a", "suppressed", suppressions="no_consent,cool_off"),
                row("b", "suppressed", suppressions="no_consent"),
                row("c", "no_contact", reason_1="nothing_eligible"),
            ],
        )

        decided = decided_figures(path, "Asia/Tokyo", REASONS)

        assert decided is not None
        assert [(code, count) for code, _, count in decided.left_alone] == [("no_consent", 2), ("cool_off", 1), ("nothing_eligible", 1)]
        assert in_both([decided.left_alone[0][1]]) == [
            ("There is no consent on record for the channel", "このチャネルへの配信同意が確認できません")
        ]

    def test_send_times_are_local(self, tmp_path: Path) -> None:
        """Nine in the morning is nine in the shop's morning."""
        path = folder(tmp_path, [contact("a", 1.0, hour=9), contact("b", 1.0, hour=9, day=1), contact("c", 1.0, hour=23)])

        decided = decided_figures(path, "Asia/Tokyo", REASONS)

        assert decided is not None
        assert (decided.hours[9], decided.hours[23], sum(decided.hours)) == (2, 1, 3)
        assert decided.days == [("2025-04-01", 2), ("2025-04-02", 1)]

    def test_stories_show_each_status_with_reasons_in_two_languages(self, tmp_path: Path) -> None:
        """The best contact stands for its message; numbers are filled in."""
        path = folder(
            tmp_path,
            [contact("low", 1.0), contact("high", 9.0, reason_1="second_purchase", reason_1_a=12.0)],
            [row("none", "no_contact", reason_1="nothing_eligible"), row("refused", "suppressed", suppressions="no_consent")],
        )

        decided = decided_figures(path, "Asia/Tokyo", REASONS)

        assert decided is not None
        assert [story.customer_id for story in decided.stories] == ["high", "none", "refused"]
        assert in_both(decided.stories[0].reasons) == [
            (
                "Bought once, 12 days ago; the second purchase is the step most customers never take",
                "初回購入から12日、2回目の購入がまだありません",
            )
        ]

    def test_a_run_that_has_not_finished_is_no_run(self, tmp_path: Path) -> None:
        """Without a manifest there is nothing to report on, nor in a folder that is not there."""
        pl.DataFrame([contact("a", 1.0)], schema=SCHEMA).write_parquet(tmp_path / "part-00000.parquet")

        assert decided_figures(tmp_path, "Asia/Tokyo", REASONS) is None
        assert decided_figures(tmp_path / "nowhere", "Asia/Tokyo", REASONS) is None

    def test_a_missing_part_is_in_language(self, tmp_path: Path) -> None:
        """Half a run would count half of the customers."""
        path = folder(tmp_path, [contact("a", 1.0)], [contact("b", 1.0)])
        (path / "part-00001.parquet").unlink()

        with pytest.raises(BadInput, match=r"lacks part-00001\.parquet"):
            decided_figures(path, "Asia/Tokyo", REASONS)

    def test_what_was_short_is_said_in_words(self, tmp_path: Path) -> None:
        """A place that had its price."""
        path = folder(tmp_path, [row("a", "no_contact", reason_1="short:email", reason_1_a=4.0)])

        decided = decided_figures(path, "Asia/Tokyo", REASONS)

        assert decided is not None
        assert in_both(decided.stories[0].reasons) == [
            ("E-mail is short: a place costs 4.0 JPY", "メールの配信枠が不足しており、1枠の価格は4.0 JPYです")
        ]


class TestGather:
    def test_puts_the_parts_together(self, tmp_path: Path) -> None:
        """Names of messages and channels come from the settings, and the page is made of it."""
        purchases = pl.DataFrame({"customer_id": ["a", "a"], "purchased_at": [AS_OF - 9 * DAY, AS_OF], "paid_amount": [150.0, 9.0]})

        report = gather(
            SETTINGS,
            written_at=AS_OF,
            as_of=AS_OF,
            purchases=purchases,
            decisions=folder(tmp_path, [contact("a", 5.0)]),
            untrained={"churn": "too few"},
        )

        assert report.base is not None
        assert (report.base.customers, report.base.revenue) == (1, 150.0)
        assert in_both([report.titles["email"]]) == [("E-mail", "メール")]
        assert "most of them with “Second purchase” over E-mail" in render(report, "en")

    def test_a_new_shop_gets_a_page(self) -> None:
        """With nothing but settings."""
        report = gather(Settings(), written_at=AS_OF, as_of=AS_OF)

        assert "There is nothing on record yet" in render(report, "en")

    def test_purchases_after_the_instant_only_are_none(self) -> None:
        """A report on the past knows nothing of later."""
        purchases = pl.DataFrame({"customer_id": ["a"], "purchased_at": [AS_OF + 1], "paid_amount": [100.0]})

        assert gather(Settings(), written_at=AS_OF, as_of=AS_OF, purchases=purchases).base is None
