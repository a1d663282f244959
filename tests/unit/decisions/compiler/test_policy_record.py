"""Records of policies compile to the same policy again, those of earlier builds too."""

from __future__ import annotations

import json

import msgspec

from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.policy_record import from_record, record
from decisions.explanation.decision_json import rows
from otokui.settings.contacts.decisions import DecisionSettings
from otokui.settings.settings import Settings
from tests.unit.decisions.builders import AS_OF, channel, evidence, people, settings

BEFORE_SPACING = "ae020ae01c6f62fa"
"""Digest of the plain settings in the last build without a minimum spacing."""


def test_settings_without_a_spacing_keep_the_digest_they_had_before_there_was_one() -> None:
    """Decisions that were logged under it can be made again."""
    assert Settings(decisions=DecisionSettings(contact_spacing_hours=0.0)).digest() == BEFORE_SPACING
    assert Settings().digest() != BEFORE_SPACING


def test_a_record_of_a_build_without_spacing_decides_as_it_did() -> None:
    """The keys are not in it, and no time is moved, whatever the ledger says now."""
    shop = settings(channels=[channel()], contact_spacing_hours=0.0)
    text = record(shop, evidence())
    made = compile_policy(shop, evidence())

    again = from_record(made.digest, lambda _: text)

    assert "spacing" not in text
    assert json.loads(text)["settings"]["decisions"]["contact_cap"] == 2
    assert msgspec.json.encode(rows(people(again).decide(AS_OF))) == msgspec.json.encode(rows(people(made).decide(AS_OF)))


def test_a_record_with_a_spacing_keeps_it() -> None:
    """Of the customer, and of a channel."""
    shop = settings(channels=[channel(spacing_hours=100.0)], contact_spacing_hours=24.0)
    text = record(shop, evidence())

    assert from_record(compile_policy(shop, evidence()).digest, lambda _: text).digest == compile_policy(shop, evidence()).digest
    assert json.loads(text)["settings"]["channels"][0]["spacing_hours"] == 100.0
