"""The referee sees every rule that is broken, and nothing else: each test breaks one on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from otokui.domain import DAY, HOUR, Instant
from otokui.identity.hashing import unit_interval
from otokui.settings.settings import Settings, load
from pipelines.simulation.referee import Referee
from pipelines.simulation.shop_facts import Facts
from simulator.sends import Sends

MIDNIGHT = Instant(1_735_657_200)
"""2025-01-01T00:00:00 in Tokyo, where the shop of the defaults stands."""

NOON = MIDNIGHT + 12 * HOUR


@pytest.fixture(scope="module")
def settings() -> Settings:
    """The defaults, unedited."""
    return load()


def treated(settings: Settings) -> list[str]:
    """Ten customers who are in no control group at all."""
    salt = settings.decisions.holdout_salt
    keys = [salt, *(f"{salt}/{m.scenario}" for m in settings.messages)]
    return [c for c in (f"c{i}" for i in range(500)) if all(unit_interval(c, key) >= 0.05 for key in keys)][:10]


def referee(settings: Settings, customers: list[str] | None = None, *, consent: bool = True) -> Referee:
    """Return a referee to whom everybody agreed to everything a month ago."""
    ids = customers or treated(settings)
    channels = [c.name for c in settings.channels]
    made = Referee(Facts(ids, channels, settings.shop.timezone), settings, promised=True)
    if consent:
        told = pl.DataFrame({"customer_id": ids}).join(pl.DataFrame({"channel": channels}), how="cross")
        made.learn({"consents": told.with_columns(opted_in=pl.lit(value=True), changed_at=at(MIDNIGHT - 30 * DAY))})
    return made


def at(instant: int) -> pl.Expr:
    """Return an instant as a column of a table that comes in."""
    return pl.from_epoch(pl.lit(instant), time_unit="s").dt.replace_time_zone("UTC")


def sends(settings: Settings, *rows: dict[str, Any]) -> Sends:
    """Return contacts; dull: the first customer, new arrivals by e-mail, at noon."""
    dull = {"customer": 0, "message": "new_arrivals", "channel": "email", "send_at": NOON}
    full = [dull | row for row in rows]
    messages, channels = [m.message_id for m in settings.messages], [c.name for c in settings.channels]
    k, text = len(full), np.full(len(full), "", dtype=object)
    return Sends(
        np.array([r["customer"] for r in full], dtype=np.int64),
        np.array([messages.index(r["message"]) for r in full], dtype=np.int64),
        np.array([channels.index(r["channel"]) for r in full], dtype=np.int64),
        np.array([r["send_at"] for r in full], dtype=np.int64),
        text, np.ones(k), text,
    )  # fmt: skip


def broken(judge: Referee, asked: Sends, as_of: Instant = MIDNIGHT) -> list[str]:
    """Return the rules that some of the contacts break."""
    return [name for name, rows in judge.broken(asked, as_of).items() if rows.any()]


def order(customer_id: str, ordered_at: int, **more: int) -> dict[str, pl.DataFrame]:
    """Return one order that came in."""
    known = {name: at(instant) for name, instant in more.items()}
    return {"orders": pl.DataFrame({"order_id": ["o"], "customer_id": [customer_id]}).with_columns(ordered_at=at(ordered_at), **known)}


class TestRules:
    def test_a_contact_within_all_rules_breaks_none(self, settings: Settings) -> None:
        """Consent, noon, nothing bought, nothing sent before."""
        assert broken(referee(settings), sends(settings, {})) == []

    def test_without_a_consent_on_record(self, settings: Settings) -> None:
        """Unknown is no."""
        assert broken(referee(settings, consent=False), sends(settings, {})) == ["consent"]

    def test_after_a_consent_was_taken_back(self, settings: Settings) -> None:
        """The newest word stands; of the same second, the no."""
        judge = referee(settings)
        ids = judge.facts.customer_ids
        row = pl.DataFrame({"customer_id": [ids[0]], "channel": ["email"], "opted_in": [False]})
        judge.learn({"consents": row.with_columns(changed_at=at(MIDNIGHT - 30 * DAY))})

        assert broken(judge, sends(settings, {})) == ["consent"]
        assert broken(judge, sends(settings, {"channel": "line"})) == []

    def test_to_the_blacklisted(self, settings: Settings) -> None:
        """A suppression without a channel holds for all; one that ended holds for none."""
        judge = referee(settings)
        row = pl.DataFrame({"customer_id": [judge.facts.customer_ids[0]], "reason": ["complaint"]}).with_columns(
            at(MIDNIGHT - DAY).alias("from")
        )
        judge.learn({"suppressions": row})
        assert broken(judge, sends(settings, {"channel": "line"})) == ["blacklist"]

        judge.learn({"suppressions": row.with_columns(until=at(MIDNIGHT - HOUR))})
        assert broken(judge, sends(settings, {"channel": "line"})) == []

    @pytest.mark.parametrize(("hour", "said"), [(7, ["quiet_hours"]), (8, []), (20, []), (21, ["quiet_hours"]), (0, ["quiet_hours"])])
    def test_in_quiet_hours(self, settings: Settings, hour: int, said: list[str]) -> None:
        """E-mail is quiet from 21 to 8, local time, although 21 o'clock in Tokyo is noon in UTC."""
        assert broken(referee(settings), sends(settings, {"send_at": MIDNIGHT + hour * HOUR})) == said

    def test_to_who_has_just_bought(self, settings: Settings) -> None:
        """Three days of silence after a purchase, except for the message that is meant for then; a cancelled order is none."""
        judge = referee(settings)
        who = judge.facts.customer_ids[0]
        judge.learn(order(who, MIDNIGHT - 2 * DAY, delivered_at=MIDNIGHT - DAY))
        assert broken(judge, sends(settings, {})) == ["just_bought"]
        assert broken(judge, sends(settings, {"message": "post_purchase_story"})) == []
        assert broken(judge, sends(settings, {}), Instant(MIDNIGHT + DAY)) == []

        judge.learn(order(who, MIDNIGHT - 2 * DAY, delivered_at=MIDNIGHT - DAY, cancelled_at=MIDNIGHT - HOUR))
        assert broken(judge, sends(settings, {})) == []

    def test_to_who_waits_for_a_parcel(self, settings: Settings) -> None:
        """An order of nine days ago has not arrived; after 45 days it is given up."""
        judge = referee(settings)
        who = judge.facts.customer_ids[0]
        judge.learn(order(who, MIDNIGHT - 9 * DAY))

        assert broken(judge, sends(settings, {})) == ["undelivered"]
        assert broken(judge, sends(settings, {}), Instant(MIDNIGHT + 37 * DAY)) == []

    def test_over_a_channel_the_message_is_not_made_for(self, settings: Settings) -> None:
        """New arrivals are not told by a call; the site is switched off."""
        assert broken(referee(settings), sends(settings, {"channel": "call"})) == ["offered"]
        assert broken(referee(settings), sends(settings, {"channel": "site"})) == ["offered"]

    def test_to_the_control_group(self, settings: Settings) -> None:
        """Drawn by the hash of the contract; c17 is in the group of everything, and only who promised is held to it."""
        held = next(c for c in (f"c{i}" for i in range(200)) if unit_interval(c, "otokui") < 0.05)
        judge = referee(settings, [held])
        judge_of_others = Referee(judge.facts, settings, promised=False)

        assert "control" in broken(judge, sends(settings, {}))
        assert broken(judge_of_others, sends(settings, {})) == []

    def test_to_the_control_group_of_a_scenario(self, settings: Settings) -> None:
        """Held back from new arrivals, not from the sale."""
        held = next(
            c for c in (f"c{i}" for i in range(2_000))
            if unit_interval(c, "otokui/new_arrivals") < 0.05 <= min(unit_interval(c, "otokui"), unit_interval(c, "otokui/sale"))
        )  # fmt: skip
        judge = referee(settings, [held])

        assert broken(judge, sends(settings, {})) == ["scenario_control"]
        assert broken(judge, sends(settings, {"message": "sale_notice"})) == []


class TestCaps:
    def test_a_third_contact_in_seven_days(self, settings: Settings) -> None:
        """Two are permitted, over all channels together; seven days later to the second there is room again."""
        judge = referee(settings)
        judge.record(sends(settings, {"message": "sale_notice", "channel": "line"}, {"message": "birthday", "send_at": NOON + DAY}))

        assert broken(judge, sends(settings, {"channel": "push", "send_at": NOON + 7 * DAY - 1})) == ["contact_cap"]
        assert broken(judge, sends(settings, {"channel": "push", "send_at": NOON + 7 * DAY})) == []

    def test_two_contacts_within_two_days(self, settings: Settings) -> None:
        """To the second, over whatever channel; and two SMS within seven days."""
        judge = referee(settings)
        judge.record(sends(settings, {"message": "birthday", "channel": "sms"}))

        assert broken(judge, sends(settings, {"channel": "push", "send_at": NOON + 2 * DAY - 1})) == ["contact_spacing"]
        assert broken(judge, sends(settings, {"channel": "push", "send_at": NOON + 2 * DAY})) == []
        assert "channel_spacing" in broken(judge, sends(settings, {"channel": "sms", "send_at": NOON + 7 * DAY - 1}))

    def test_a_second_sms_in_a_fortnight(self, settings: Settings) -> None:
        """The channel's own cap, with other messages."""
        judge = referee(settings)
        judge.record(sends(settings, {"message": "abandoned_cart", "channel": "sms"}))

        assert broken(judge, sends(settings, {"message": "second_purchase", "channel": "sms", "send_at": NOON + 13 * DAY})) == [
            "channel_cap"
        ]

    def test_the_same_message_twice_in_its_period(self, settings: Settings) -> None:
        """Over whichever channel; once the period is over it may go out again."""
        days = next(message.cap_days for message in settings.messages if message.message_id == "new_arrivals")
        judge = referee(settings)
        judge.record(sends(settings, {"channel": "line"}))

        assert broken(judge, sends(settings, {"send_at": NOON + (days - 1) * DAY})) == ["message_cap"]
        assert broken(judge, sends(settings, {"send_at": NOON + days * DAY})) == []

    def test_contacts_of_one_hand_over_count_against_each_other(self, settings: Settings) -> None:
        """Three to the same customer at once: the third is one too many; to three customers, none is."""
        three = ({"message": "sale_notice"}, {"message": "birthday", "channel": "line"}, {"channel": "push"})
        judge = referee(settings)

        assert judge.broken(sends(settings, *three), MIDNIGHT)["contact_cap"].tolist() == [False, False, True]
        assert judge.broken(sends(settings, *three), MIDNIGHT, apart=True)["contact_cap"].tolist() == [False, False, False]
        assert broken(judge, sends(settings, *({**row, "customer": i} for i, row in enumerate(three)))) == []

    def test_contacts_from_before_the_game_count(self, settings: Settings) -> None:
        """They are on record; those held back were never sent."""
        judge = referee(settings)
        past = pl.DataFrame(
            {
                "contact_id": ["a", "b"], "customer_id": [judge.facts.customer_ids[0]] * 2, "message_id": ["new_arrivals", "sale_notice"],
                "channel": ["email", "email"], "group": ["treatment", "scenario_control"],
            }
        ).with_columns(sent_at=at(NOON - 2 * DAY))  # fmt: skip
        judge.learn({"contacts": past})
        judge.remember_past_contacts()

        assert broken(judge, sends(settings, {})) == ["message_cap"]
        assert broken(judge, sends(settings, {"message": "sale_notice"})) == []
