"""The configuration that works unedited: complete, commented, and every preset finds its customer."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from decisions.candidates.channel_message_arrays import ChannelArrays
from decisions.compiler.compile_policy import compile_policy
from otokui.settings.settings import DEFAULTS, Settings, load
from tests.unit.decisions.builders import evidence, people

TEXT = DEFAULTS.read_text(encoding="utf-8")
PRESETS = load()
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")

# The customer each preset is for, by what differs from the dull one.
MEANT_FOR: dict[str, dict[str, Any]] = {
    "first_purchase": {
        "purchase_count": 0.0,
        "recency_days": np.nan,
        "mean_order_value": np.nan,
        "days_since_registration": 5.0,
        "state": "prospect",
        "p_purchase": 0.02,
    },
    "second_purchase": {"purchase_count": 1.0, "recency_days": 30.0, "state": "active"},
    "replenish_due": {"overdue_ratio": 1.0},
    "replenish_used_up": {"days_to_replenishment": 2.0},
    "winback_at_risk": {"churn_probability": 0.7, "state": "good", "p_purchase": 0.05},
    "dormant_reminder": {"state": "dormant", "p_purchase": 0.02},
    "dormant_return": {"state": "dormant", "p_purchase": 0.02},
    "nurture_future_loyal": {"future_loyal_probability": 0.5},
    "loyal_thanks": {"state": "loyal", "overdue_ratio": 0.3},
    "new_arrivals": {"new_arrival_share": 0.6},
    "sale_notice": {"discount_share": 0.8},
    "abandoned_cart": {"cart_since_purchase": 1.0, "days_since_cart_add": 0.2},
    "browsed_not_bought": {"viewed_since_purchase": 1.0, "days_since_product_view": 0.5},
    "post_purchase_story": {"recency_days": 2.0},
    "birthday": {"birthday_month_now": 1.0, "p_purchase": 0.02},
    "usage_lecture": {"enquiry_decay_30": 1.0, "mean_order_value": 60_000.0, "expected_spend": 90_000.0},
    "service_recovery": {"enquiry_decay_30": 1.0, "days_since_enquiry": 2.0},
    "retention_call": {
        "enquiry_decay_30": 3.0,
        "days_since_enquiry": 1.0,
        "state": "loyal",
        "mean_order_value": 60_000.0,
        "expected_spend": 90_000.0,
    },
}


def _sections(model: type[BaseModel], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], type[BaseModel]]]:
    found = [(path, model)] if path else []
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            found += _sections(type(field.default), (*path, name))
    return found


class TestTheFile:
    """otokui.toml against otokui/settings/settings.py."""

    def test_it_holds_the_defaults(self) -> None:
        """A section that is left out means the same."""
        assert PRESETS.model_copy(update={"channels": (), "messages": ()}) == Settings()

    @pytest.mark.parametrize(
        ("path", "section"), _sections(Settings), ids=lambda value: ".".join(value) if isinstance(value, tuple) else ""
    )
    def test_every_key_stands_there_with_its_meaning(self, path: tuple[str, ...], section: type[BaseModel]) -> None:
        """Also the keys that are left out by default, as comments."""
        block = TEXT.split(f"\n[{'.'.join(path)}]\n", 1)[1].split("\n[", 1)[0]
        for name, field in section.model_fields.items():
            if not isinstance(field.default, BaseModel):
                assert field.description is not None
                assert f"# {field.description}\n" in block
                assert re.search(rf"^(# )?\[?((records|dialects)\.)?{name}\b", block, re.MULTILINE)

    def test_no_default_is_a_key_twice(self) -> None:
        """TOML refuses it."""
        assert tomllib.loads(TEXT)["shop"]["timezone"] == "Asia/Tokyo"


class TestChannels:
    """The ways to reach a customer."""

    def test_there_are_eight(self) -> None:
        """Mission R6."""
        assert [c.name for c in PRESETS.channels] == ["email", "push", "sms", "line", "direct_mail", "call", "site", "in_store"]

    def test_every_push_channel_needs_consent_and_sleeps_at_night(self) -> None:
        """Law, and manners: nothing between 21 and 8."""
        for channel in PRESETS.channels:
            if channel.reach == "push":
                assert channel.needs_consent
                assert channel.quiet_from_hour <= 21
                assert channel.quiet_until_hour >= 8

    def test_pull_channels_are_on_and_wait_for_a_visit(self) -> None:
        """They work once a caller asks; a decision for a banner that nobody shows would be lost."""
        arrays = ChannelArrays.of(PRESETS.channels, 1.0)
        assert [name for name, waits in zip(arrays.names, arrays.awaits_visit, strict=True) if waits] == ["site", "in_store"]
        assert not arrays.enabled[arrays.awaits_visit].any()

    def test_people_act_over_human_channels_alone(self) -> None:
        """A lecture or a call to keep somebody is never an e-mail (R13)."""
        human = {c.name for c in PRESETS.channels if c.kind == "human"}
        done_by_people = {m.message_id: set(m.channels) for m in PRESETS.messages if m.human}

        assert human == {"call", "in_store"}
        assert done_by_people == {"usage_lecture": {"call", "in_store"}, "retention_call": {"call"}}

    def test_prior_hours_are_even_or_24(self) -> None:
        """One weight for each hour."""
        assert {len(c.prior_hours) for c in PRESETS.channels} == {0, 24}


@pytest.mark.parametrize("message", PRESETS.messages, ids=lambda m: m.message_id)
class TestEveryMessage:
    """What holds of each preset."""

    def test_is_named_in_both_languages(self, message: Any) -> None:
        """For the people who read the console."""
        assert message.title.isascii()
        assert JAPANESE.search(message.title_ja)

    def test_states_a_small_prior(self, message: Any) -> None:
        """At most three purchases more in a hundred e-mails."""
        assert 0.0 < message.prior_uplift <= 0.03

    def test_finds_its_customer_with_no_editing(self, message: Any) -> None:
        """Offered alone, it is sent to the customer it is for, with a reason beyond its value."""
        # Nothing is tried and nobody is held back: no draw decides.
        shares = ("exploration_share", "exploration_most", "holdout_share", "scenario_holdout_share")
        still = PRESETS.decisions.model_copy(update=dict.fromkeys(shares, 0.0))
        settings = PRESETS.model_copy(update={"decisions": still})
        under = compile_policy(settings, evidence()).offering(scenarios=[message.scenario])

        row = people(under, ids=("c-1",), **MEANT_FOR[message.message_id]).row()

        assert (row["status"], row["message"]["message_id"]) == ("contact", message.message_id)
        assert row["reasons"][0]["code"] != "best_value"


def test_the_presets_are_those_of_the_mission() -> None:
    """R3: twelve scenarios of messages, two of things people do, a welcome for who has not bought yet, a reminder for who has stopped."""
    assert {m.scenario for m in PRESETS.messages} == {
        "f2", "replenishment", "winback", "dormant", "nurture", "loyal_care", "new_arrivals", "sale", "cart", "browse", "story", "birthday",
        "onboarding", "service_recovery", "retention_call", "welcome", "reminder",
    }  # fmt: skip
