"""An explanation says what was decided, why, and why everything else lost, in both languages."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from pipelines.explain import Explanation, explain

PLAN: dict[str, Any] = {
    "message": {"message_id": "winback", "scenario": "winback"},
    "timing": {"send_at": "2025-04-01T10:00:00+09:00", "not_before": "2025-04-01T09:00:00+09:00", "not_after": "2025-04-01T12:00:00+09:00"},
    "channel": {"name": "email", "fallbacks": ["push"]},
    "value": {"uplift": 0.06, "margin": 2100.0, "cost": 3.0, "expected_value": 118.2},
}


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
    row = {"message_id": message_id, "channel": "email", "chosen": False, "eligible": True, "unmet": (), "refused_by": ()}
    return {**row, "propensity": 0.01, "value": {"expected_value": 5.0}, **more}


def explained(row: dict[str, Any], *candidates: dict[str, Any]) -> Explanation:
    """Explain a decision."""
    return explain(
        "ada",
        decide=lambda _: (row, {"customer_id": "ada", "churn_probability": np.float64(0.25), "expected_spend_90d": np.float64("nan")}),
        compare=lambda _: candidates,
        factors=lambda _: {"churn": [("recency_days", 35.0, 0.4)]},
    )


class TestText:
    def test_a_contact_is_told_with_message_channel_time_and_worth(self) -> None:
        """The four Rs in four lines."""
        text = explained(decision(), candidate("winback", chosen=True)).to_text()

        assert "ada will be contacted  (配信します)" in text
        assert "message winback (winback) over email, then push" in text
        assert "at 2025-04-01T10:00:00+09:00" in text
        assert "worth 118 in money: chance of a purchase added 0.06, margin of a purchase 2100, cost 3" in text
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

    def test_predictions_and_what_moved_them(self) -> None:
        """What is not known is said to be so, never shown as a number."""
        text = explained(decision()).to_text()

        assert "churn_probability            0.25" in text
        assert "expected_spend_90d           not known" in text
        assert "recency_days=35 (+0.4)" in text

    def test_a_long_list_of_losers_is_cut_and_says_so(self) -> None:
        """Ten are shown."""
        text = explained(decision(), *(candidate(f"m{n}") for n in range(13))).to_text()

        assert "m9 over email" in text
        assert "m10 over email" not in text
        assert "and 3 more" in text


class TestLosers:
    def test_each_loser_says_why(self) -> None:
        """Not meant for the customer, refused by a rule, or not chosen: one of the three, in both languages."""
        lost = explained(
            decision(),
            candidate("winback", chosen=True),
            candidate("birthday", eligible=False, unmet=("birthday_month_now is 0, permitted 1 to inf",)),
            candidate("sale", refused_by=("no_consent", "contact_cap")),
            candidate("news"),
        ).to_dict()["lost"]

        assert [[why["code"] for why in loser["why"]] for loser in lost] == [
            ["not_eligible"],
            ["no_consent", "contact_cap"],
            ["worth_less"],
        ]
        assert "birthday_month_now is 0" in lost[0]["why"][0]["text"]
        assert all(why["text_ja"] for loser in lost for why in loser["why"])

    def test_the_json_form_has_no_nan_and_all_candidates(self) -> None:
        """Programs read it."""
        told = explained(decision(), candidate("winback", chosen=True), *(candidate(f"m{n}") for n in range(13))).to_dict()

        back = json.loads(json.dumps(told, allow_nan=False))
        assert back["predictions"]["expected_spend_90d"] is None
        assert back["chosen"]["message_id"] == "winback"
        assert len(back["lost"]) == 13
