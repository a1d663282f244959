"""The fold of a contact's outcomes: a function of their set."""

from __future__ import annotations

import itertools

from otokui.events.contact_fold import OutcomeOfContact, contact_columns
from otokui.events.feedback import ContactOutcome

SENT = OutcomeOfContact(ContactOutcome.SENT, 10)


def told(outcome: ContactOutcome, at: int, **more: object) -> OutcomeOfContact:
    """An outcome at an instant."""
    return OutcomeOfContact(outcome, at, **more)  # type: ignore[arg-type]


class TestColumns:
    def test_nothing_sent_is_no_contact(self) -> None:
        """Until something says that it went out after all."""
        failed = told(ContactOutcome.FAILED, 5)
        assert contact_columns([failed]) == {}
        assert contact_columns([failed, SENT]) == {"sent_at": 10}

    def test_the_first_response_and_the_last_refusal_count(self) -> None:
        """In every order."""
        outcomes = [
            told(ContactOutcome.CLICKED, 30), told(ContactOutcome.CLICKED, 20),
            told(ContactOutcome.UNSUBSCRIBED, 40), told(ContactOutcome.UNSUBSCRIBED, 50),
        ]  # fmt: skip
        for order in itertools.permutations(outcomes):
            assert contact_columns(order) == {"sent_at": 20, "clicked_at": 20, "unsubscribed_at": 50}

    def test_a_hard_bounce_counts_before_a_soft_one(self) -> None:
        """An unknown type counts as hard."""
        soft = told(ContactOutcome.BOUNCED, 60, bounce_type="soft")
        assert contact_columns([soft])["bounce_type"] == "soft"
        assert contact_columns([soft, told(ContactOutcome.BOUNCED, 40)]) == {"sent_at": 40, "bounced_at": 40, "bounce_type": "hard"}

    def test_of_what_was_bought_at_one_time_the_greater_counts(self) -> None:
        """A conversion without an amount tells less."""
        bought = [told(ContactOutcome.CONVERTED, 30), told(ContactOutcome.CONVERTED, 30, amount=5.0)]
        assert contact_columns(bought) == {"sent_at": 30, "converted_at": 30, "converted_amount": 5.0}
