"""The sheet in the words of a person, in the language asked for, and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from otokui.domain import Instant
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from otokui.settings.settings import Settings
from otokui.settings.shop import ShopSettings
from pipelines.decision_run.test_sends.checklist import CHECKLIST
from pipelines.decision_run.test_sends.sheet import ForcedSend, SendSheet, ShownProduct
from tests.unit.decisions.builders import message

SETTINGS = Settings(
    shop=ShopSettings(currency="JPY", timezone="Asia/Tokyo"),
    messages=(Message.model_validate(message("winback", title="Come back", title_ja="お久しぶりです", channels=["email", "line"])),),
    channels=(Channel(name="email", title="E-mail", title_ja="メール"), Channel(name="line", title="LINE", title_ja="LINE")),
)
RULE = {
    "code": "message_cap",
    "until": "2025-04-05T00:00:00+09:00",
    "text": "The message was sent often enough of late",
    "text_ja": "x",
}
SEND = ForcedSend(
    customer_id="staff-1",
    known=True,
    message_id="winback",
    channel="email",
    content="tpl-7",
    products=("p1", "p2"),
    incentive={"cost_per_response": 300.0},
    timing={
        "send_at": "2025-04-01T10:00:00+09:00",
        "not_before": "2025-04-01T09:00:00+09:00",
        "not_after": "2025-04-01T12:00:00+09:00",
        "timezone": "Asia/Tokyo",
    },
    fallbacks=("line",),
    reasons=({"code": "overdue", "text": "Usually buys every 32 days", "text_ja": "普段は32日ごとに購入"},),
    unmet={"unmet": (), "unmet_ja": ()},
    eligible=True,
    held_by=(RULE,),
    earnest={"status": "no_contact", "message_id": None, "channel": None},
)


def sheet(language: str = "en", **changes: Any) -> SendSheet:
    """Return a sheet of one forced contact."""
    products = {"p1": ShownProduct("Green tea", 1_200.0)}
    return SendSheet(SETTINGS, language, Instant(1_743_433_200), "p-digest", (replace(SEND, **changes),), products, ranked=True)


def lines(language: str = "en", **changes: Any) -> dict[str, list[str]]:
    """Return the lines of its contact by name."""
    made = sheet(language, **changes)
    return dict(made.lines(made.sends[0]))


def test_everything_that_is_sent_stands_in_it() -> None:
    """Message, content, products by name, incentive, local time, fallbacks, reasons, rules."""
    said = lines()

    assert said["Message"] == ["Come back (winback)"]
    assert said["Content"] == ["tpl-7"]
    assert said["Products"] == ["Green tea (p1), list price ¥1,200", "p2"]
    assert said["Incentive"] == ["¥300 per response"]
    assert said["Send time"] == ["2025-04-01 10:00 (between 2025-04-01 09:00 and 2025-04-01 12:00), Asia/Tokyo"]
    assert said["Fallbacks"] == ["LINE (line)"]
    assert said["Personal reasons"] == ["Usually buys every 32 days"]
    assert said["Would hold it back in earnest"] == [
        "rule message_cap: The message was sent often enough of late, until 2025-04-05 00:00 at the latest"
    ]
    assert said["Decided in earnest"] == ["will not be contacted: nothing is worth it"]


def test_in_japanese_no_label_and_no_rule_stays_english() -> None:
    """Titles, reasons, rules and checklist."""
    text = sheet("ja").to_text()

    assert "お久しぶりです (winback)" in text
    assert "普段は32日ごとに購入" in text
    assert "often enough" not in text
    assert not [item for item, rule in CHECKLIST if item in text or rule in text]


def test_what_is_missing_is_said() -> None:
    """No blank line that could pass for a fine one."""
    said = lines(content=None, products=(), incentive=None, timing=None, fallbacks=(), held_by=(), known=False, reasons=())

    assert all(values and all(values) for values in said.values())
    assert said["Would hold it back in earnest"] == ["nothing"]
    assert said["Personal reasons"] == ["Nothing is on record about this customer."]


def test_a_customer_for_whom_it_is_not_meant_is_told_so() -> None:
    """With the condition that does not hold."""
    said = lines(eligible=False, reasons=(), unmet={"unmet": ("tenure: 3 (needs 9)",), "unmet_ja": ("x",)}, held_by=())

    assert said["Would hold it back in earnest"] == ["Not meant for this customer: tenure: 3 (needs 9)"]
    assert said["Personal reasons"] == ["none: the message is not meant for this customer"]


def test_an_id_that_is_an_address_is_masked_for_people() -> None:
    """The sheet is printed and mailed about."""
    assert "@" not in sheet(customer_id="ada@example.com").to_text()


def test_a_pause_of_all_contacts_stands_at_the_top() -> None:
    """No rule of a customer tells of it: reservations are refused as a whole."""
    assert "paused" not in sheet().to_text()
    assert "All contacts are paused" in replace(sheet(), paused="contacts are paused").to_text().splitlines()[0]


def test_json_says_that_nothing_was_committed() -> None:
    """With the products' names and the checklist, ready for a program."""
    said = json.loads(json.dumps(sheet().to_dict()))

    assert said["committed"] is False
    assert said["sends"][0]["products"] == [
        {"product_id": "p1", "name": "Green tea", "list_price": 1200.0},
        {"product_id": "p2", "name": None, "list_price": None},
    ]
    assert len(said["checklist"]) == len(CHECKLIST)
