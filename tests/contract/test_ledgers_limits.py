"""How every ledger must hold the limits of the whole shop: places by channel, day and hour, and money."""

from __future__ import annotations

from typing import Any

import pytest

from otokui.domain import DAY, HOUR, Instant
from otokui.ports.reservations import Reservation, ReservationResult
from tests.contract.ledgers import NOW, contact, limited, place
from tests.places import placed

__all__ = ["limited"]

NOON = Instant(NOW + 3 * HOUR)  # NOW is nine in the morning in Tokyo


def sms(number: int, send_at: int = NOON, **more: Any) -> Reservation:
    """A place for an SMS to a customer of its own."""
    row = {"customer_id": f"c{number}", "channel": "sms", "send_at": Instant(send_at), "valid_until": Instant(send_at + HOUR)}
    return place(f"d{number}", **{**row, **more})


def said(rulings: Any) -> list[str]:
    """The rules that refused, in order."""
    return [ruling.refused_by for ruling in rulings]


class TestCapacity:
    def test_an_hour_takes_two_and_a_day_three(self, limited: Any) -> None:
        """Two at noon, one at one, and the day is full whatever the hour."""
        rulings = placed(limited, [sms(1), sms(2), sms(3), sms(4, NOON + HOUR), sms(5, NOON + 2 * HOUR)], NOW)

        assert said(rulings) == ["", "", "capacity", "", "capacity"]

    def test_who_finds_the_hour_full_is_given_the_next_best(self, limited: Any) -> None:
        """The third goes at two, as it asked for second."""
        others = (Instant(NOON + 2 * HOUR), Instant(NOON + HOUR))

        rulings = placed(limited, [sms(1), sms(2), sms(3, others=others)], NOW)

        assert rulings[2] == ReservationResult("", Instant(NOON + 2 * HOUR))
        assert said(placed(limited, [sms(6, NOON + 2 * HOUR)], NOW)) == ["capacity"]

    def test_days_and_hours_are_those_of_the_shop(self, limited: Any) -> None:
        """Midnight in Tokyo is three in the afternoon of the day before in London."""
        midnight = NOW + 15 * HOUR
        times = [midnight - HOUR, midnight - HOUR, midnight - 1, midnight - 7_200, midnight, midnight]

        assert said(placed(limited, [sms(n, at) for n, at in enumerate(times)], NOW)) == ["", "", "capacity", "", "", ""]

    def test_the_service_a_run_and_what_was_sent_elsewhere_share_the_day(self, limited: Any) -> None:
        """One sent by hand this morning, one that became a contact, one reserved; the fourth finds none."""
        limited.import_contacts(contact(NOW - HOUR, channel="sms", customer_id="zoe"))
        placed(limited, [sms(1, NOW + 60)], NOW)
        limited.import_contacts(contact(NOW + 60, channel="sms", customer_id="c1", decision_id="d1"))

        rulings = placed(limited, [sms(2, NOON), sms(3, NOON)], Instant(NOW + 120))

        assert said(rulings) == ["", "capacity"]

    def test_a_place_that_lapsed_is_given_to_another(self, limited: Any) -> None:
        """Two at noon, neither sent; at one they are free for the afternoon."""
        placed(limited, [sms(1, valid_until=NOON), sms(2, valid_until=NOON), sms(3, NOON - HOUR, valid_until=NOON)], NOW)

        assert said(placed(limited, [sms(4, NOON + HOUR)], NOON)) == [""]

    def test_other_channels_have_no_limit(self, limited: Any) -> None:
        """Ten e-mails in an hour."""
        assert not any(said(placed(limited, [sms(n, channel="email") for n in range(10)], NOW)))

    def test_a_customers_own_cap_is_told_before_the_shops(self, limited: Any) -> None:
        """Nine contacts in seven days: what is full for ada is full for ada alone."""
        for n in range(9):
            limited.import_contacts(contact(NOW - n - 1, message_id="news"))

        assert said(placed(limited, [sms(1, customer_id="ada")], NOW)) == ["contact_cap"]


class TestBudget:
    def test_money_is_spent_once(self, limited: Any) -> None:
        """Ten: six and four are given, the next coin is not; an e-mail for nothing is."""
        wanted = [sms(n, channel="email", cost=cost) for n, cost in enumerate((6.0, 4.001, 4.0, 0.001, 0.0))]

        assert said(placed(limited, wanted, NOW)) == ["", "budget", "", "budget", ""]

    def test_what_lapsed_is_money_again_and_what_was_sent_is_not(self, limited: Any) -> None:
        """Five lapsed, five sent: five are left."""
        soon = Instant(NOW + HOUR)
        placed(limited, [sms(n, channel="email", cost=5.0, send_at=NOW + 60, valid_until=soon) for n in (1, 2)], NOW)
        limited.import_contacts(contact(NOW + 60, customer_id="c1", decision_id="d1"))

        wanted = [sms(3, channel="email", cost=5.5), sms(4, channel="email", cost=5.0)]
        assert said(placed(limited, wanted, Instant(NOW + 2 * HOUR))) == ["budget", ""]

    def test_the_period_rolls(self, limited: Any) -> None:
        """Thirty days later the money is there again, not a second sooner."""
        placed(limited, [sms(1, channel="email", cost=10.0, send_at=NOW + 60)], NOW)
        limited.import_contacts(contact(NOW + 60, customer_id="c1", decision_id="d1"))
        last, next_ = Instant(NOW + 30 * DAY - 1), Instant(NOW + 30 * DAY)

        assert said(placed(limited, [sms(2, channel="email", cost=1.0, send_at=last + 60)], last)) == ["budget"]
        assert said(placed(limited, [sms(3, channel="email", cost=10.0, send_at=next_ + 60)], next_)) == [""]

    @pytest.mark.parametrize("cost", [float("nan"), float("inf"), -1.0])
    def test_a_cost_that_is_no_money_is_refused(self, limited: Any, cost: float) -> None:
        """Unknown means no."""
        assert said(placed(limited, [sms(1, channel="email", cost=cost)], NOW)) == ["budget"]


class TestAgain:
    def test_a_place_held_is_given_again_at_the_hour_it_was_given_for(self, limited: Any) -> None:
        """Though it asks for its first hour again, and the day is full by now."""
        placed(limited, [sms(1), sms(2), sms(3, others=(Instant(NOON + HOUR),))], NOW)

        assert placed(limited, [sms(3)], NOW) == [ReservationResult("", Instant(NOON + HOUR))]

    def test_a_decision_that_holds_another_channel_is_turned_away_again(self, limited: Any) -> None:
        """It fell back on e-mail because SMS was full; asked anew, SMS is what it was."""
        placed(limited, [sms(1, channel="email")], NOW)

        assert said(placed(limited, [sms(1)], NOW)) == ["capacity"]

    def test_what_is_settled_under_a_name_is_settled_once(self, limited: Any) -> None:
        """The second time nothing is taken, and the same is told."""
        first = limited.settle("run/0", NOW, lambda take: {"x": take([sms(1), sms(2), sms(3)])[2]})
        again = limited.settle("run/0", NOW, lambda take: {"x": take([sms(4, NOON + HOUR)])[0]})

        assert first == again == {"x": ReservationResult("capacity", NOON)}
        assert said(placed(limited, [sms(5, NOON + HOUR)], NOW)) == [""]


def test_what_is_used_is_what_was_taken_before(limited: Any) -> None:
    """What a plan begins from: not the places of its own instant, so that a run that goes on plans the same."""
    placed(limited, [sms(1, cost=2.5)], Instant(NOW - 60))
    placed(limited, [sms(2, cost=1.5)], NOW)

    sent, spent = limited.used(NOW, Instant(NOW + DAY))

    assert ([tuple(row) for row in sent], spent) == ([(1, NOON, 1)], 2.5)
