"""The minimum spacing in every ledger: by send time, over push channels and per channel, whoever asks at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.ledger import Caps, open_ledger
from otokui.domain import DAY, HOUR, Instant
from otokui.frames import ContactState
from otokui.settings.contacts.channels import Channel, Reach
from tests.contract.ledgers import GENEROUS, NOW, contact, place, url_of
from tests.fake_ledger import FakeLedger
from tests.places import placed

CHANNELS = (
    Channel(name="email", title="e-mail", title_ja="メール", cap=9),
    Channel(name="sms", title="SMS", title_ja="SMS", cap=9, spacing_hours=96),
    Channel(name="site", title="site", title_ja="サイト", cap=9, reach=Reach.PULL, spacing_hours=1),
)
SHOP: dict[str, Any] = {"contact_cap": 9, "contact_cap_days": 7, "contact_spacing_hours": 48}


@pytest.fixture(params=["sqlite", "postgresql", "fake"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Each ledger in turn, empty: two days between contacts, four between SMS, an hour between banners."""
    if request.param == "fake":
        yield FakeLedger(Caps.of(CHANNELS, GENEROUS, **SHOP))
        return
    with open_ledger(url_of(request, tmp_path), channels=CHANNELS, messages=GENEROUS, **SHOP) as opened:
        yield opened


def ask(number: int, hours: float, *, channel: str = "email", lasts: float = 1.0, **more: Any) -> Any:
    """A place so many hours from NOW, that may be used for ``lasts`` hours."""
    at = Instant(round(NOW + hours * HOUR))
    return place(f"d{number}", channel=channel, send_at=at, valid_until=Instant(round(at + lasts * HOUR)), **more)


def ruled(ledger: Any, *asks: Any, as_of: int = NOW) -> list[str]:
    """Ask for places in one call; return the rules that refused them."""
    return [ruling.refused_by for ruling in placed(ledger, list(asks), as_of)]


def times(state: ContactState) -> list[list[float | None]]:
    """Return between which hours from NOW each channel is too near, of the first customer."""
    assert state.spacing_from is not None
    assert state.spacing_until is not None
    both = np.stack([state.spacing_from[0], state.spacing_until[0]], axis=1)
    return [[None if np.isnan(at) else (at - NOW) / HOUR for at in pair] for pair in both]


class TestPlaces:
    def test_the_send_windows_count_and_not_the_moments_of_asking(self, ledger: Any) -> None:
        """The first may go until hour 2: hour 49 is too near, hour 50 is not; and the same before it."""
        assert ruled(ledger, ask(1, 1, lasts=1), ask(2, 49), ask(3, 50)) == ["", "contact_spacing", ""]

    def test_a_window_that_opens_earlier_counts_from_there(self, ledger: Any) -> None:
        """Two hours before the send time."""
        assert ruled(ledger, ask(1, 1, lasts=1), ask(2, 51, not_before=Instant(NOW + 49 * HOUR))) == ["", "contact_spacing"]

    def test_there_is_room_before_a_place_of_later_days(self, ledger: Any) -> None:
        """Day six is taken: today is free, the day before is not."""
        assert ruled(ledger, ask(1, 144), ask(2, 100), ask(3, 2)) == ["", "contact_spacing", ""]

    def test_another_customer_is_not_concerned(self, ledger: Any) -> None:
        """Bob has a spacing of his own."""
        assert ruled(ledger, ask(1, 1), ask(2, 1, customer_id="bob")) == ["", ""]

    def test_a_channel_with_a_longer_spacing_keeps_it(self, ledger: Any) -> None:
        """Between SMS four days, between SMS and e-mail two."""
        assert ruled(ledger, ask(1, 1, channel="sms"), ask(2, 60, channel="sms"), ask(3, 60)) == ["", "contact_spacing", ""]

    def test_a_pull_channel_interrupts_nobody(self, ledger: Any) -> None:
        """A banner and an e-mail of one minute; two banners within the hour are one too many."""
        asks = [ask(1, 1), ask(2, 1, channel="site", lasts=0.1), ask(3, 1.5, channel="site", lasts=0.1), ask(4, 3, channel="site")]

        assert ruled(ledger, *asks) == ["", "", "contact_spacing", ""]

    def test_another_hour_is_given_where_it_keeps_the_spacing(self, ledger: Any) -> None:
        """The first of the further times that does."""
        ruled(ledger, ask(1, 1, lasts=1))
        others = (Instant(NOW + 40 * HOUR), Instant(NOW + 50 * HOUR))

        (ruling,) = placed(ledger, [ask(2, 30, others=others)], NOW)

        assert (ruling.refused_by, ruling.send_at) == ("", NOW + 50 * HOUR)
        assert times(ledger.contact_state(["ada"], Instant(NOW + 1)))[0] == [-47, 51 + 48 - 1 / 3600]

    def test_asking_again_gives_the_same_place(self, ledger: Any) -> None:
        """It is not too near to itself."""
        assert [ruled(ledger, ask(1, 1, lasts=9)) for _ in range(2)] == [[""], [""]]

    def test_a_place_that_lapsed_is_judged_anew(self, ledger: Any) -> None:
        """Meanwhile another was given."""
        ruled(ledger, ask(1, 1, lasts=1))
        late = NOW + 3 * HOUR
        assert ruled(ledger, ask(2, 4), as_of=late) == [""]
        assert ruled(ledger, ask(1, 5), as_of=late) == ["contact_spacing"]


class TestContacts:
    def test_a_contact_counts_at_the_time_it_was_sent(self, ledger: Any) -> None:
        """However it came about, and over whatever channel, known to the settings or not."""
        ledger.import_contacts(contact(NOW - 10 * HOUR, channel="letter"))

        assert ruled(ledger, ask(1, 37), ask(2, 38)) == ["contact_spacing", ""]

    def test_a_place_that_was_sent_counts_at_its_own_second(self, ledger: Any) -> None:
        """It might have gone until hour 24, and went at hour 1."""
        ruled(ledger, ask(1, 0, lasts=24))
        ledger.import_contacts(contact(NOW + HOUR, decision_id="d1"))

        assert ruled(ledger, ask(2, 49), as_of=NOW + 2 * HOUR) == [""]

    def test_a_contact_known_in_between_counts(self, ledger: Any) -> None:
        """The policy looked before; the ledger looks at everything."""
        ledger.import_contacts(contact(NOW + 20 * HOUR, known_at=NOW + 20 * HOUR))

        assert ruled(ledger, ask(1, 10)) == ["contact_spacing"]


class TestState:
    def test_says_between_which_instants_each_channel_is_too_near(self, ledger: Any) -> None:
        """An SMS ten hours ago and an e-mail that may go from hour 60 to 61."""
        ledger.import_contacts(contact(NOW - 10 * HOUR, channel="sms"))
        ruled(ledger, ask(1, 60))

        assert times(ledger.contact_state(["ada"], Instant(NOW + 1))) == [[-58, 109], [-106, 109], [None, None]]

    def test_what_no_longer_matters_is_left_out(self, ledger: Any) -> None:
        """An SMS of three days ago matters to SMS alone."""
        ledger.import_contacts(contact(NOW - 3 * DAY, channel="sms"))

        assert times(ledger.contact_state(["ada"], NOW)) == [[None, None], [-168, 24], [None, None]]

    def test_what_was_not_known_yet_does_not_count(self, ledger: Any) -> None:
        """A place taken at the very second is not before it."""
        ruled(ledger, ask(1, 1))

        assert times(ledger.contact_state(["ada"], NOW))[0] == [None, None]
        assert times(ledger.contact_state(["ada"], Instant(NOW + 1)))[0] == [-47, 50]

    def test_customers_do_not_mix(self, ledger: Any) -> None:
        """In one reading of many."""
        for number, who in enumerate(("ada", "bob")):
            ruled(ledger, ask(number, 1 + number, customer_id=who))

        state = ledger.contact_state(["bob", "eve", "ada"], Instant(NOW + 1))

        assert state.spacing_until is not None
        assert ((state.spacing_until[:, 0] - NOW) / HOUR).tolist()[::2] == [51.0, 50.0]
        assert np.isnan(state.spacing_until[1]).all()


def test_without_a_spacing_the_state_has_no_times(tmp_path: Path) -> None:
    """A policy from before there was any reads what it read then."""
    with open_ledger(f"sqlite:///{tmp_path}/l.db", channels=CHANNELS[:1], messages=GENEROUS, contact_cap=9, contact_cap_days=7) as ledger:
        ledger.import_contacts(contact(NOW - 5))
        state = ledger.contact_state(["ada"], NOW)

        assert (state.spacing_from, state.spacing_until) == (None, None)
        assert ruled(ledger, ask(1, 0)) == [""]


@pytest.mark.parametrize("ledger", ["sqlite", "postgresql"], indirect=True)
def test_eight_who_ask_at_once_are_given_places_that_keep_the_spacing(ledger: Any) -> None:
    """A hundred asks over six days for two customers, from eight threads."""
    asks = [
        ask(n, (n * 37) % 144, customer_id=("ada", "bob")[n % 2], channel=("email", "sms")[n % 3 == 0], lasts=1 + n % 5) for n in range(96)
    ]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda one: placed(ledger, [one], NOW)[0], asks))

    given = sorted(
        (one.customer_id, int(one.send_at), int(one.valid_until)) for one, ruling in zip(asks, said, strict=True) if not ruling.refused_by
    )
    assert len(given) >= 4
    assert all(later[1] - sooner[2] >= 48 * HOUR for sooner, later in pairwise(given) if sooner[0] == later[0])
