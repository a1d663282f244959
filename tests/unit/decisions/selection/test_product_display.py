"""Which products a message names."""

from __future__ import annotations

from decisions.selection.product_display import reasons_shown
from features.products.evidence import Why
from otokui.settings.contacts.messages import Message, Showing


def message(**changes: object) -> Message:
    """A message that says nothing of products unless told to."""
    dull = {"message_id": "m", "scenario": "s", "title": "t", "title_ja": "t", "objective": "purchase", "channels": ("email",)}
    return Message.model_validate(dull | changes)


def test_every_reason_a_message_may_ask_for_is_one_a_product_can_have() -> None:
    """The words of the settings are the names of the bits."""
    assert {s.value.upper() for s in Showing} == {why.name for why in Why}


def test_a_message_that_does_not_say_takes_products_for_any_reason() -> None:
    """All seven bits."""
    assert reasons_shown(message()) == 127


def test_a_message_takes_only_what_it_asks_for() -> None:
    """Cart or viewed: bits 2 and 4."""
    assert reasons_shown(message(show=("cart", "viewed"))) == 6
