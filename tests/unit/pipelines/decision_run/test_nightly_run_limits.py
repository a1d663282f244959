"""A run under the limits of the whole shop: prices first, then decisions at these prices, held by the ledger to the last place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from adapters.decision_archive.run_folder import DecisionFolder
from adapters.ledger import SqlLedger, open_ledger
from decisions.allocation.shadow_prices import SharePrices
from decisions.compiler.compile_policy import compile_policy
from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Decisions
from decisions.explanation.decision_json import rows
from decisions.policy.policy import Policy
from otokui.domain import DAY, HOUR, Instant, Status
from otokui.frames import Batch
from otokui.ports.reservations import Reservation
from otokui.settings.settings import Settings
from pipelines.decision_run.limits.shadow_prices import hand_over, run_prices
from pipelines.decision_run.nightly_run import Run, decide
from scoring import ModelSet
from tests.places import taken
from tests.unit.decisions.builders import AS_OF, Foretold, People, channel, evidence, message, people, settings
from tests.unit.pipelines.finding import find_decision

IDS = tuple(f"c{n}" for n in range(8))
WORTH = {name: 1_000.0 * (n + 1) for n, name in enumerate(IDS)}  # mean order value: c7 has most to gain
FREE: dict[str, Any] = {"needs_consent": False}
LINE: dict[str, Any] = FREE | {"response_factor": 3.0, "title": "LINE", "title_ja": "LINE"}


def shop(line: dict[str, Any], **decisions: Any) -> Settings:
    """E-mail for nothing, and LINE, three times as good."""
    return settings(
        [message("hello", channels=["email", "line"], prior_uplift=0.05)], [channel(**FREE), channel("line", **LINE, **line)], **decisions
    )


def worth(chunk: Batch, under: Policy) -> People:
    """Return the customers of a chunk, each with an order value of their own."""
    return people(under, list(chunk.customer_ids), mean_order_value=np.array([WORTH[c] for c in chunk.customer_ids]))


@dataclass(frozen=True, slots=True)
class Stopping(Foretold):
    """An engine on a machine that stops after so many rounds of deciding."""

    left: list[int] = field(default_factory=lambda: [99])

    def decide(self, batch: CustomerBatch) -> Decisions:
        """Decide, while the machine runs."""
        self.left[0] -= 1
        if self.left[0] < 0:
            raise KeyboardInterrupt
        return Foretold.decide(self, batch)


class World:
    """A shop, its ledger, and a run over eight customers in two parts."""

    def __init__(self, folder: Path, configured: Settings) -> None:
        self.folder, self.settings = folder, configured
        folder.mkdir(exist_ok=True)
        self.free = compile_policy(configured, evidence())
        self.ledger = self.opened()

    def opened(self) -> SqlLedger:
        """Open the ledger, made where there is none."""
        limits = self.settings.decisions
        return open_ledger(
            f"sqlite:///{self.folder}/ledger.db",
            channels=self.settings.channels,
            messages=self.settings.messages,
            contact_cap=limits.contact_cap,
            contact_cap_days=limits.contact_cap_days,
            timezone=self.settings.shop.timezone,
            budget=limits.budget,
        )

    def chunks(self) -> Sequence[Batch]:
        """Return the customers, four at once."""
        summaries = people(self.free, IDS).summaries
        return [summaries.rows(slice(0, 4)), summaries.rows(slice(4, 8))]

    def prices(self) -> SharePrices | None:
        """Find the prices, or read those that were found."""
        engine = Foretold(ModelSet({}), self.free, look=worth)

        def prepared() -> Iterator[CustomerBatch]:
            for chunk in self.chunks():
                yield engine.prepare(chunk, self.ledger.contact_state(list(chunk.customer_ids), AS_OF), AS_OF, AS_OF)

        return run_prices(self.folder / "prices.json", engine, prepared, AS_OF, used=self.ledger.used, spill=self.folder / "spill")

    def run(self, out: str = "out", *, prices: SharePrices | None = None, fails_after: int = 99) -> dict[str, Any]:
        """Find prices and decide; ``fails_after`` rounds of deciding the machine stops."""
        found = prices or self.prices()
        policy = self.free if found is None else self.free.priced(found)
        engine = Stopping(ModelSet({}), policy, look=worth, left=[fails_after])
        about = Run("r", AS_OF, AS_OF, {"policy": policy.digest, "channels": ["email", "line"]})
        return decide(self.chunks(), about, engine=engine, ledger=self.ledger, out=self.folder / out)

    def told(self, out: str = "out") -> dict[str, str | None]:
        """Return the channel of each customer."""
        rows = [row for path in sorted((self.folder / out).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
        return {row["customer_id"]: row["channel"] for row in rows}


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a run but the lock."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != ".lock"}


class TestCapacity:
    def test_the_places_go_to_those_to_whom_they_are_worth_most_and_the_others_fall_back(self, tmp_path: Path) -> None:
        """Three places of LINE a day; the other five get e-mail, nobody gets nothing."""
        world = World(tmp_path, shop({"capacity_per_day": 3}))

        world.run()

        assert world.told() == dict.fromkeys(IDS[:5], "email") | dict.fromkeys(IDS[5:], "line")

    def test_even_at_wrong_prices_nobody_is_left_with_nothing_and_no_place_is_given_twice(self, tmp_path: Path) -> None:
        """Prices of nothing: whoever comes first finds a place, whoever finds none falls back on e-mail."""
        world = World(tmp_path, shop({"capacity_per_day": 3}))

        world.run(prices=SharePrices(AS_OF))

        assert sorted(filter(None, world.told().values())) == ["email"] * 5 + ["line"] * 3

    def test_what_is_sent_today_already_counts(self, tmp_path: Path) -> None:
        """Two of three places were taken by the service this morning."""
        world = World(tmp_path, shop({"capacity_per_day": 3}))
        for n in range(2):
            place = Reservation(f"s{n}", f"stranger{n}", "hello", "hello", "line", Instant(AS_OF + HOUR), Instant(AS_OF + DAY))
            taken(world.ledger, [place], Instant(AS_OF - 60))

        world.run()

        assert [name for name, where in world.told().items() if where == "line"] == ["c7"]

    def test_what_is_short_is_said_in_both_languages(self, tmp_path: Path) -> None:
        """To those who get the place and to those who do not."""
        world = World(tmp_path, shop({"capacity_per_day": 3}))
        found = world.prices()
        assert found is not None
        (price,) = found.places["line"].values()
        policy = world.free.priced(found)

        state = world.ledger.contact_state(["c0", "c7"], AS_OF)
        pair = Batch(np.array(["c0", "c7"], dtype=object), (), np.zeros((2, 0)))
        decided = replace(worth(pair, policy), state=state).decide()

        for index, name in ((0, "email"), (1, "line")):
            row = rows(decided)[index]
            assert row["channel"]["name"] == name
            assert row["reasons"][-1] == {
                "code": "short:line",
                "text": f"LINE is short: a place costs {price:,.1f} JPY",
                "text_ja": f"LINEの配信枠が不足しており、1枠の価格は{price:,.1f} JPYです",
            }

    def test_without_limits_there_are_no_prices(self, tmp_path: Path) -> None:
        """And the policy is the one that it was."""
        world = World(tmp_path, shop({}))

        assert world.prices() is None
        assert set(filter(None, World(tmp_path, shop({})).run() and world.told().values())) == {"line"}


class TestHours:
    def test_full_hours_fill_the_hours_around_them(self, tmp_path: Path) -> None:
        """Two an hour: eight contacts lie in four hours of the same day, each in a window of its hour."""
        world = World(tmp_path, shop({"capacity_per_hour": 2}))

        world.run()

        rows = [row for path in sorted((tmp_path / "out").glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
        hours = sorted(int((row["send_at"] + 9 * HOUR) // HOUR) for row in rows if row["channel"] == "line")
        assert all(hours.count(hour) <= 2 for hour in hours)
        assert len(hours) == 8
        for row in rows:
            assert row["not_before"] <= row["send_at"] <= row["not_after"]
            assert row["not_before"] // HOUR == row["not_after"] // HOUR

    def test_quiet_hours_and_capacity_are_seen_together(self, tmp_path: Path) -> None:
        """Open from seven to nine in the evening: four places, four who fall back."""
        world = World(tmp_path, shop({"capacity_per_hour": 2, "quiet_from_hour": 21, "quiet_until_hour": 19}))

        world.run()

        assert sorted(filter(None, world.told().values())) == ["email"] * 4 + ["line"] * 4


class TestBudget:
    def test_money_goes_where_it_brings_most_and_is_never_exceeded(self, tmp_path: Path) -> None:
        """LINE costs ten; thirty-five are there: three get it, the others get e-mail for nothing."""
        world = World(tmp_path, shop({"cost": 10.0}, budget={"money": 35.0}))

        world.run()

        assert world.told() == dict.fromkeys(IDS[:5], "email") | dict.fromkeys(IDS[5:], "line")

    def test_a_budget_of_nothing_sends_what_costs_nothing(self, tmp_path: Path) -> None:
        """E-mail for all."""
        world = World(tmp_path, shop({"cost": 10.0}, budget={"money": 0.0}))

        assert world.run()["by_channel"] == {"email": 8}

    def test_who_was_turned_away_says_why(self, tmp_path: Path) -> None:
        """Nothing else is open to them: the row names the budget."""
        world = World(
            tmp_path, settings([message(channels=["email"])], [channel(cost=1.0, **FREE), channel("line")], budget={"money": 2.0})
        )

        manifest = world.run(prices=SharePrices(AS_OF))

        assert manifest["by_status"] == {str(Status.CONTACT): 2, str(Status.SUPPRESSED): 6}
        assert manifest["by_suppression"] == {"budget": 6}


class TestAgain:
    @pytest.mark.parametrize("stops_after", [1, 2, 3])
    def test_a_run_that_was_stopped_gives_the_same_bytes(self, tmp_path: Path, stops_after: int) -> None:
        """Stopped in the middle of a round: places and files come out as if nothing had been."""
        limits: dict[str, Any] = {"capacity_per_hour": 1, "quiet_from_hour": 21, "quiet_until_hour": 19, "cost": 1.0}
        whole, stopped = (World(tmp_path / name, shop(limits, budget={"money": 5.0})) for name in ("whole", "stopped"))
        whole.run(prices=SharePrices(AS_OF))

        with pytest.raises(KeyboardInterrupt):
            stopped.run(prices=SharePrices(AS_OF), fails_after=stops_after)
        stopped.run(prices=SharePrices(AS_OF))

        assert files(tmp_path / "stopped" / "out") == files(tmp_path / "whole" / "out")

    def test_places_taken_by_a_run_that_died_before_its_file_was_out_are_told_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Though in between others have taken what was left: what was ruled on a part is kept with its places."""
        limits: dict[str, Any] = {"capacity_per_hour": 2, "quiet_from_hour": 21, "quiet_until_hour": 19, "cost": 1.0}
        whole, stopped = (World(tmp_path / name, shop(limits, budget={"money": 3.0})) for name in ("whole", "stopped"))
        whole.run(prices=SharePrices(AS_OF))

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(DecisionFolder, "write_part", full)
            with pytest.raises(OSError, match="No space"):
                stopped.run(prices=SharePrices(AS_OF))
        late = Reservation("x", "zoe", "hello", "hello", "line", Instant(AS_OF + 12 * HOUR), Instant(AS_OF + DAY), 0.0)
        taken(stopped.ledger, [late], Instant(AS_OF + 1))
        stopped.run(prices=SharePrices(AS_OF))

        first = {folder: (tmp_path / folder / "out" / "part-00000.parquet").read_bytes() for folder in ("whole", "stopped")}
        assert first["stopped"] == first["whole"]

    def test_prices_once_found_are_kept(self, tmp_path: Path) -> None:
        """Though the ledger has moved on, a run that goes on has the prices it began with."""
        world = World(tmp_path, shop({"capacity_per_day": 3}))
        first = world.prices()
        world.run()

        assert world.prices() == first

    def test_the_inputs_give_the_same_decision_again(self, tmp_path: Path) -> None:
        """Who was turned away carries that in the inputs."""
        world = World(tmp_path, shop({"capacity_per_day": 3}))
        world.run(prices=SharePrices(AS_OF))

        row = find_decision(tmp_path / "out", next(name for name, where in world.told().items() if where == "email"))

        assert bytes(row["inputs"])[-4:] == b"\x00\x01\x00\x00"


def test_the_service_is_given_the_newest_prices(tmp_path: Path) -> None:
    """A run about the past does not turn them back."""
    hand_over(SharePrices(Instant(200), 0.5), tmp_path)
    hand_over(SharePrices(Instant(100), 0.1), tmp_path)

    assert SharePrices.from_json((tmp_path / "prices.json").read_text()) == SharePrices(Instant(200), 0.5)
