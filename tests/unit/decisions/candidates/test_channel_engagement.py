"""Who reads, when, and what that is worth: counts of the shop and of the customer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decisions.candidates.channel_engagement import LEAST, MOST, Rates, ReadCount, attention
from decisions.compiler.compile_policy import compile_policy
from decisions.policy.policy import Policy
from otokui.errors import BadInput
from tests.unit.decisions.builders import People, channel, evidence, message, people, settings

WEEK_OF_SENDS = ((0.0,) * 9 + (1_000.0,) + (0.0,) * 14) * 7
ONE_IN_FIVE = ReadCount("email", WEEK_OF_SENDS, tuple(n * 0.2 for n in WEEK_OF_SENDS))
BLIND = ReadCount("sms", WEEK_OF_SENDS, (0.0,) * 168)


def shop(*counts: ReadCount) -> Policy:
    both = settings([message(channels=["email", "sms"])], [channel("email"), channel("sms")])
    return compile_policy(both, evidence(reads=counts))


def reader(under: Policy, **counted: Any) -> People:
    return people(under, **counted)


class TestCounts:
    """What the shop has seen read."""

    @pytest.mark.parametrize(
        ("sent", "read"),
        [((1.0,) * 24, (0.0,) * 24), ((1.0,) * 168, (2.0,) * 168), ((float("nan"),) * 168, (0.0,) * 168), ((1.0,) * 168, (-1.0,) * 168)],
    )
    def test_counts_that_do_not_add_up_are_refused(self, sent: tuple[float, ...], read: tuple[float, ...]) -> None:
        """Not the hours of a week, more read than sent, or no numbers."""
        with pytest.raises(BadInput, match="'email' do not add up"):
            ReadCount("email", sent, read)

    def test_a_channel_that_is_never_seen_read_has_no_rate(self) -> None:
        """A letter tells nothing: that is not a rate of zero."""
        rates = Rates.of(("email", "sms"), [ONE_IN_FIVE, BLIND])

        assert rates.rate[0] == pytest.approx(0.2)
        assert np.isnan(rates.rate[1])


class TestTheCustomer:
    """The customer's own readings, against what the shop's rate leads to expect."""

    def seen(self, **counted: Any) -> tuple[float, float]:
        found = attention(Rates.of(("email", "sms"), [ONE_IN_FIVE, BLIND]), reader(shop(ONE_IN_FIVE, BLIND), **counted).summaries)
        return float(found[0, 0]), float(found[0, 1])

    def test_who_was_never_written_to_is_as_the_mean(self) -> None:
        """Nothing known makes nobody different."""
        assert self.seen() == (1.0, 1.0)

    def test_readers_are_told_from_others_and_half_of_it_elsewhere(self) -> None:
        """Five read of ten, where two were to be expected."""
        email, sms = self.seen(sent_email_count=10.0, opened_email_count=5.0)

        assert email == pytest.approx((1.5 + 5.0) / (1.5 + 2.0))
        assert 1.0 < sms < email

    def test_who_never_reads_is_written_to_less(self) -> None:
        """Twenty sent, none read; but nobody is given up for good."""
        assert LEAST <= self.seen(sent_email_count=20.0)[0] < 0.3
        assert self.seen(sent_email_count=5_000.0)[0] == LEAST

    def test_what_a_machine_opened_tells_nothing(self) -> None:
        """Twenty sent, all opened by a machine: nobody knows."""
        assert self.seen(sent_email_count=20.0, machine_opened_email_count=20.0) == (1.0, 1.0)

    def test_nobody_counts_more_than_the_most(self) -> None:
        """However many were read."""
        assert self.seen(sent_email_count=500.0, opened_email_count=500.0)[0] == MOST

    def test_broken_counts_are_none(self) -> None:
        """Not a number, or below zero."""
        assert self.seen(sent_email_count=float("nan"), opened_email_count=-3.0) == (1.0, 1.0)

    def test_who_reads_twice_as_much_gains_twice_as_much(self) -> None:
        """The uplift that decides is in proportion."""
        under = shop(ONE_IN_FIVE)
        usual = people(under).row()["value"]["uplift"]
        keen = people(under, sent_email_count=10.0, opened_email_count=5.0).row()["value"]["uplift"]

        assert keen == pytest.approx(usual * 6.5 / 3.5, rel=1e-3)
