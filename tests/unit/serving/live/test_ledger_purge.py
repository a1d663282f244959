"""The service lets go of what lapsed, once an hour, and goes on where the ledger cannot be used."""

from __future__ import annotations

from pathlib import Path

from adapters.ledger import open_ledger
from otokui.domain import DAY, HOUR, Instant
from otokui.errors import Unavailable
from otokui.ports.ledger import RequestKey
from serving.live.ledger_purge import HourlyPurge
from tests.contract.ledgers import CHANNELS, MESSAGES, NOW, place
from tests.places import placed


def test_what_lapsed_long_ago_and_replies_over_go_and_nothing_else(tmp_path: Path) -> None:
    """Ninety days for a reservation, one for a reply; a spacing of a year keeps them for a year."""
    shop = {"channels": CHANNELS, "messages": MESSAGES, "contact_cap": 3, "contact_cap_days": 7}
    for hours, left in ((48.0, 1), (8_760.0, 0)):
        with open_ledger(f"sqlite:///{tmp_path}/{left}.db", contact_spacing_hours=hours, **shop) as ledger:  # type: ignore[arg-type]
            placed(ledger, [place("d1")], NOW)
            ledger.commit([], NOW, lambda _rulings, _take: ([], b"reply"), RequestKey("k", "b"), NOW)
            said: list[int] = []
            later = Instant(NOW + 92 * DAY)

            HourlyPurge(now=lambda at=later: at)(ledger, ledger.caps.kept_seconds)  # type: ignore[misc]
            said.append(ledger.forget_lapsed(Instant(NOW + 1_000 * DAY)))

            assert said == [1 - left]
            assert ledger.forget_replies(Instant(NOW + 1_000 * DAY)) == 0


def test_it_asks_once_an_hour_and_survives_an_outage() -> None:
    """The next try comes an hour later."""
    asked: list[Instant] = []

    class Broken:
        def forget_lapsed(self, before: Instant) -> int:
            asked.append(before)
            raise Unavailable("the disk is gone", fix="bring it back")

        def forget_replies(self, now: Instant) -> int:
            raise AssertionError

    moment = [NOW]
    purge = HourlyPurge(now=lambda: moment[0])
    for second in (0, 5, HOUR - 1, HOUR, HOUR + 2):
        moment[0] = Instant(NOW + second)
        purge(Broken(), DAY)

    assert asked == [NOW - DAY, NOW + HOUR - DAY]
