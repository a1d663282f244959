"""The game: what contacts did is told exactly, what waits is looked at again, and the same seed gives the same days."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

from otokui.domain import DAY, HOUR, Instant
from otokui.settings.settings import load
from pipelines.simulation.referee import Referee
from pipelines.simulation.rules import CONSENT_AND_QUIET
from pipelines.simulation.season import Season, Twin, play
from pipelines.simulation.shop_facts import Facts, Tables
from simulator.sends import Sends
from tests.unit.pipelines.tiny_world import TinyWorld

SETTINGS = load()
CHANNELS = tuple(c.name for c in SETTINGS.channels)
MESSAGES = tuple(m.message_id for m in SETTINGS.messages)


class Mailer:
    """Sends new arrivals by e-mail to these customers on the first night, so many days ahead, at noon."""

    name = "mailer"

    def __init__(self, customers: list[int], days_ahead: int = 0) -> None:
        self.customers, self.days_ahead, self.heard = customers, days_ahead, list[str]()

    def begin(self, past: Iterable[Tables], now: Instant) -> None:
        """Remember nothing."""
        self.first = now

    def day(self, now: Instant, news: Tables) -> Sends:
        """Send on the first night only."""
        self.heard += sorted(news)
        k = len(self.customers) if now == self.first else 0
        text = np.full(k, "", dtype=object)
        place = np.full(k, MESSAGES.index("new_arrivals")), np.full(k, CHANNELS.index("email"))
        at = np.full(k, now + self.days_ahead * DAY + 12 * HOUR)
        return Sends(np.array(self.customers[:k], dtype=np.int64), *place, at, text, np.ones(k), text)

    def remarks(self) -> dict[str, Any]:
        """Nothing to say."""
        return {}


def game(player: Mailer, *, days: int = 5, customers: int = 50, seed: int = 0, refuses: frozenset[str] = frozenset()) -> Season:
    """Play on a tiny world that is a day old."""
    world: Any = TinyWorld(customers, CHANNELS, MESSAGES, seed)
    past = [world.live(Sends.none()).tables]
    referee = Referee(Facts(list(world.customer_ids), CHANNELS, "Asia/Tokyo"), SETTINGS, promised=False)
    return play(world, Twin(world), player, referee, days=days, past=past, refuses=refuses)


def plain(season: Season) -> list[dict[str, Any]]:
    """Return the days without what the machine took."""
    return [{name: value for name, value in row.items() if not name.startswith("seconds")} for row in season.rows]


class TestSeason:
    def test_silence_earns_exactly_nothing(self) -> None:
        """The twin has the same chance, so the difference is zero and not merely small."""
        assert [row["incremental_profit"] for row in game(Mailer([])).rows] == [0.0] * 5

    def test_what_a_contact_did_is_told_to_the_yen(self) -> None:
        """Of fifty contacts some add a purchase that evening, 300 each; nobody else's profit moves."""
        season = game(Mailer(list(range(1, 50))))

        added = season.rows[0]["orders"] - season.rows[0]["orders_of_twin"]
        assert added > 5
        assert season.incremental_profit() == 300.0 * added
        assert season.increments[0][0] == 0.0

    def test_the_same_seed_plays_the_same_days(self) -> None:
        """And another seed others."""
        first, again, other = (plain(game(Mailer([1, 2, 3]), seed=seed)) for seed in (3, 3, 4))

        assert first == again
        assert first != other

    def test_who_never_agreed_is_a_rule_broken(self) -> None:
        """Customer 0 of the tiny world agreed to nothing: it is counted, or refused where the engine refuses."""
        assert game(Mailer([0])).rows[0]["broken"] == {"consent": 1}

        refused = game(Mailer([0]), refuses=CONSENT_AND_QUIET).rows[0]
        assert (refused["contacts"], refused["violations"]) == (0, 0)

    def test_a_contact_for_a_later_day_waits_for_it(self) -> None:
        """Decided on the first night, handed over on the third; broken rules are counted the night it was decided."""
        season = game(Mailer([1, 0], days_ahead=2))

        assert [row["contacts"] for row in season.rows] == [0, 0, 1, 0, 0]
        assert [row["withdrawn"] for row in season.rows] == [0, 0, 1, 0, 0]
        assert season.rows[0]["broken"] == {"consent": 1}

    def test_a_purchase_in_between_withdraws_what_waits(self) -> None:
        """Who buys while the contact waits is not written to: of fifty, those with an order of the last three days."""
        season = game(Mailer(list(range(1, 50)), days_ahead=2))

        world: Any = TinyWorld(50, CHANNELS, MESSAGES)
        days = [world.live(Sends.none()).tables["orders"] for _ in range(3)]
        bought = pl.concat(days)["customer_id"].unique().to_list()
        already = days[0]["customer_id"].unique().to_list()
        assert season.rows[2]["withdrawn"] == len([c for c in bought if c != "c0"])
        assert season.rows[0]["broken"].get("just_bought", 0) == len([c for c in already if c != "c0"])

    def test_the_player_hears_each_day_once(self) -> None:
        """News is what became known since the last night."""
        player = Mailer([1])
        game(player, days=3)

        assert player.heard == ["contacts", "order_lines", "orders", "order_lines", "orders"]
