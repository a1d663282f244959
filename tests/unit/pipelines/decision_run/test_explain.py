"""An explanation says what was decided, why, and why everything else lost, in both languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from decisions.explanation.candidate_comparison import CandidateComparison
from decisions.wording.unmet_conditions import Unmet
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from otokui.settings.records import RecordSettings
from otokui.settings.settings import Settings
from otokui.settings.shop import ShopSettings
from pipelines.decision_run.explain import Explanation, explain
from pipelines.decision_run.explain_wording import Spoken
from pipelines.decision_run.predict import predictions_table
from tests.unit.decisions.builders import message, people, policy

SETTINGS = Settings(
    shop=ShopSettings(currency="USD", timezone="Asia/Tokyo"),
    records=RecordSettings(attributes=("age", "income")),
    messages=(Message.model_validate(message("winback", title="Come back", title_ja="お久しぶりです")),),
    channels=(Channel(name="email", title="E-mail", title_ja="メール"),),
)

PLAN: dict[str, Any] = {
    "message": {"message_id": "winback", "scenario": "winback"},
    "timing": {"send_at": "2025-04-01T10:00:00+09:00", "not_before": "2025-04-01T09:00:00+09:00", "not_after": "2025-04-01T12:00:00+09:00"},
    "channel": {"name": "email", "fallbacks": ["push"]},
    "value": {"uplift": 0.06, "margin": 2100.0, "cost": 3.0, "expected_value": 118.2},
}
PREDICTED: dict[str, Any] = {
    "customer_id": "ada", "as_of": datetime(2025, 3, 31, 15, tzinfo=UTC), "churn_probability": np.float64(0.25),
    "expected_spend_30d": 1234.5, "expected_spend_90d": np.float64("nan"), "days_to_next_median": 12.4, "days_to_next_p90": 3650.0,
    "state": "dormant", "known": True,
}  # fmt: skip


def decision(**more: Any) -> dict[str, Any]:
    """A contact with dull defaults."""
    row = {
        "decision_id": "d1", "customer_id": "ada", "status": "contact", "as_of": "2025-04-01T00:00:00+09:00", "considered": None,
        "action_probability": 0.95, "group": "treatment", "suppressions": [],
        "reasons": [{"code": "overdue", "text": "Usually buys every 32 days", "text_ja": "普段は32日ごとに購入"}],
    }  # fmt: skip
    return {**row, **PLAN, **more}


def candidate(message_id: str, **more: Any) -> dict[str, Any]:
    """A candidate by e-mail that was open and lost."""
    row = {"message_id": message_id, "channel": "email", "chosen": False, "eligible": True, "unmet": [], "unmet_ja": [], "refused_by": []}
    return {**row, "propensity": 0.01, "value": {"expected_value": 5.0}, **more}


def explained(row: dict[str, Any], *candidates: dict[str, Any]) -> Explanation:
    """Explain a decision."""
    return explain(
        "ada",
        SETTINGS,
        decide=lambda _: (row, PREDICTED),
        compare=lambda _: candidates,
        factors=lambda _: {"churn": [("recency_days", 35.0, 0.4), ("attribute_2_code", 17.0, -0.2)], "spend": [("paid_sum", 9.0, 0.0)]},
    )


class TestText:
    def test_a_contact_is_told_with_message_channel_time_and_worth(self) -> None:
        """The four Rs in four lines."""
        text = explained(decision(), candidate("winback", chosen=True)).to_text()

        assert "ada will be contacted  (配信します)" in text
        assert "message Come back / お久しぶりです (winback), of winback, over E-mail, then push" in text
        assert "at 2025-04-01T10:00:00+09:00" in text
        assert "worth $118.20: chance of a purchase added 6.0%, margin of a purchase $2,100, cost $3.00" in text
        assert "- Usually buys every 32 days  (普段は32日ごとに購入)" in text

    def test_who_is_not_contacted_is_told_the_rule_and_what_was_considered(self) -> None:
        """Nothing reads as if it were going to be sent."""
        rule = {"code": "no_consent", "until": None, "text": "There is no consent", "text_ja": "同意がありません"}
        row = decision(status="suppressed", message=None, channel=None, timing=None, value=None, considered=PLAN, suppressions=[rule])

        text = explained(row).to_text()

        assert "ada may not be contacted" in text
        assert "what was considered, and not sent" in text
        assert "rule no_consent: There is no consent  (同意がありません)" in text

    def test_silence_with_nothing_considered_is_told_too(self) -> None:
        """No message was meant for this customer."""
        row = decision(status="no_contact", message=None, channel=None, timing=None, value=None)

        assert explained(row).to_text().startswith("ada will not be contacted")

    @pytest.mark.parametrize(
        "line",
        [
            "chance of leaving: 25%  (離反の確率: 25%)",
            "money spent within 30 days, on average: $1,234  (30日間の購入金額(平均): $1,234)",
            "money spent within 90 days, on average: not known  (90日間の購入金額(平均): 記録なし)",
            "as likely sooner as later: 12 days, on 2025-04-13  (次回購入までの日数(早い・遅いが半々の見込み): 12日 · 2025-04-13)",
            "nine in ten are sooner: ten years or more, or never  (次回購入までの日数(10人に9人はこれより早い): 10年以上、または購入なし)",
            "customer state: dormant  (顧客の状態: 休眠)",
            "anything on record: yes  (記録の有無: はい)",
        ],
    )
    def test_a_prediction_is_said_as_a_person_writes_it(self, line: str) -> None:
        """Percent, the shop's money, days with their date; what is not known, or ten years off, is said to be so."""
        assert line in explained(decision()).to_text()

    def test_what_moved_a_prediction_says_which_way(self) -> None:
        """An attribute is called as the shop calls it, and its code, which means nothing, is not shown."""
        lines = [line.strip() for line in explained(decision()).to_text().splitlines()]
        at = lines.index("Who is leaving  (離反)")

        assert lines[at + 1] == "likelier to leave: days since the last purchase: 35 days  (離れやすい: 最終購入からの日数: 35日)"
        assert lines[at + 2] == "likelier to stay: income: on record  (離れにくい: income: 記録あり)"
        assert lines[lines.index("How much they will spend  (購入金額)") + 1].startswith("nothing on record moved it")

    def test_what_is_called_alike_is_told_once(self) -> None:
        """The rhythm from which a model starts, and the column that repeats it: their pushes add up."""
        pushes = [("own_rhythm", 0.5314, 5.5), ("recency_days", 35.0, 0.4), ("rhythm_alive", 0.5314, -5.7)]

        lines = Spoken.of(SETTINGS).factors("churn", pushes)

        assert [line.strip().partition(":")[0] for line in lines[1:]] == ["likelier to leave", "likelier to stay"]
        assert "days since the last purchase: 35 days" in lines[1]

    def test_no_column_stands_raw(self) -> None:
        """Of everything that is predicted, with the names and the files left to programs."""
        told = predictions_table(people(policy()).predictions).to_pylist()[0]
        text = explain("ada", SETTINGS, decide=lambda _: (decision(), told), compare=lambda _: ()).to_text()
        forecast = text.split("Predictions")[1]

        assert "chance of a purchase within 7 days: 20%" in forecast
        assert "_" not in forecast

    def test_a_long_list_of_losers_is_cut_and_says_so(self) -> None:
        """Ten are shown."""
        text = explained(decision(), *(candidate(f"m{n}") for n in range(13))).to_text()

        assert "m9 over E-mail" in text
        assert "m10 over E-mail" not in text
        assert "and 3 more" in text


class TestLosers:
    def test_each_loser_says_why(self) -> None:
        """Not meant for the customer, refused by a rule, or not chosen: one of the three, in both languages."""
        lost = explained(
            decision(),
            candidate("winback", chosen=True),
            candidate("birthday", eligible=False, unmet=["the birthday: no (needs yes)"], unmet_ja=["誕生月: いいえ(条件: はい)"]),
            candidate("sale", refused_by=("no_consent", "contact_cap")),
            candidate("news"),
        ).to_dict()["lost"]

        assert [[why["code"] for why in loser["why"]] for loser in lost] == [
            ["not_eligible"],
            ["no_consent", "contact_cap"],
            ["worth_less"],
        ]
        assert lost[0]["why"][0]["text"] == "Not meant for this customer: the birthday: no (needs yes)"
        assert lost[0]["why"][0]["text_ja"] == "この顧客は対象外です: 誕生月: いいえ(条件: はい)"
        assert all(why["text_ja"] for loser in lost for why in loser["why"])

    def test_the_json_form_has_no_nan_and_all_candidates(self) -> None:
        """Programs read it."""
        told = explained(decision(), candidate("winback", chosen=True), *(candidate(f"m{n}") for n in range(13))).to_dict()

        back = json.loads(json.dumps(told, allow_nan=False, default=str))
        assert back["predictions"]["expected_spend_90d"] is None
        assert back["chosen"]["message_id"] == "winback"
        assert len(back["lost"]) == 13
        assert back["factors"]["churn"][1] == {
            "feature": "attribute_2_code", "called": "income", "called_ja": "income", "value": 17.0, "contribution": -0.2,
        }  # fmt: skip


class TestConditions:
    """What is unmet, in the shop's words."""

    @pytest.mark.parametrize(
        ("unmet", "english", "japanese"),
        [
            (Unmet("purchase_count", 1.0, 2.0), "purchases of all time: 1 (needs at least 2)", "累計購入回数: 1(条件: 2以上)"),
            (Unmet("purchase_count", 4.0, 1.0, 1.0), "purchases of all time: 4 (needs exactly 1)", "累計購入回数: 4(条件: ちょうど1)"),
            (
                Unmet("mean_order_value", 950.0, 1_200.0, 4_500.0),
                "money per purchase: $950.00 (needs at least $1,200 and at most $4,500)",
                "平均購入単価: $950.00(条件: $1,200以上$4,500以下)",
            ),
            (
                Unmet("birthday_month_now", 0.0, 1.0),
                "this local month is the month of birth: no (needs yes)",
                "今月が誕生月: いいえ(条件: はい)",
            ),
            (
                Unmet("days_since_cart_add", float("nan"), None, 3.0),
                "days since a product was last put in the cart: put nothing in the cart (needs at most 3 days)",
                "最後のカート追加からの日数: 記録なし(条件: 3日以下)",
            ),
            (
                Unmet("days_since_product_view", 0.02, 0.1, 3.0),
                "days since the last product view: less than an hour (needs at least 2 hours and at most 3 days)",
                "最後の商品閲覧からの日数: 1時間未満(条件: 2時間以上3日以下)",
            ),
            (
                Unmet("mean_order_value", 1_199.6, 1_200.0),
                "money per purchase: $1,199.60 (needs at least $1,200)",
                "平均購入単価: $1,199.60(条件: $1,200以上)",
            ),
            (
                Unmet("churn_probability", 0.4998, 0.5),
                "chance of leaving: 49.98% (needs at least 50%)",
                "離反の確率: 49.98%(条件: 50%以上)",
            ),
            (
                Unmet("state", "active", states=("dormant", "churned")),
                "customer state: active (meant for dormant or churned)",
                "顧客の状態: アクティブ(対象: 休眠、離反)",
            ),
        ],
    )
    def test_both_languages(self, unmet: Unmet, english: str, japanese: str) -> None:
        """Names, yes or no, money and percent as a person writes them."""
        assert Spoken.of(SETTINGS).unmet(unmet) == (english, japanese)

    def test_a_program_gets_the_condition_and_what_it_is_called(self) -> None:
        """Beside the sentences: column, names, value and bounds, without NaN."""
        under = policy([message(eligible=[{"column": "days_since_cart_add", "at_most": 3}])])
        (only,) = people(under).compare()
        assert isinstance(only, CandidateComparison)

        told = json.loads(json.dumps(Spoken.of(SETTINGS).candidate(only), allow_nan=False))

        assert told["unmet_ja"] == ["最後のカート追加からの日数: 記録なし(条件: 3日以下)"]
        assert told["conditions"] == [
            {
                "column": "days_since_cart_add", "called": "days since a product was last put in the cart",
                "called_ja": "最後のカート追加からの日数", "value": None, "at_least": None, "at_most": 3.0, "states": [],
            }
        ]  # fmt: skip
