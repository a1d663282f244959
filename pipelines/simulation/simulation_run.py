"""Run of ``otokui simulate --play``: fresh shop, world with a past, game, files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otokui.errors import BadInput, Conflict
from pipelines.shop.init import SETTINGS_FILE, init
from pipelines.shop.shop import Shop
from pipelines.simulation.output import days_csv, picture
from pipelines.simulation.referee import Referee
from pipelines.simulation.season import Season, Twin, play
from pipelines.simulation.shop_facts import Facts
from pipelines.simulation.shop_player import ShopPlayer
from simulator.settings.world_settings import WorldSettings
from simulator.world import World


@dataclass(frozen=True, slots=True)
class Game:
    """How a game is played.

    past_days, past_policy: the history the shop starts with, and who sent contacts in it (none, random, everybody, rfm).
    settle_days: silent days after the last, in which purchases that were only pulled forward are missed.
    """

    customers: int
    days: int
    seed: int
    past_days: int = 180
    past_policy: str = "none"
    retrain_days: int = 7
    settle_days: int = 0


def run_play(
    folder: Path,
    world: WorldSettings,
    game: Game,
    *,
    settings: Path | None = None,
    progress: Callable[[dict[str, Any]], None] = lambda row: None,
) -> Season:
    """Let the shop in ``folder`` play; write ``play/days.csv`` and ``play/curve.svg``.

    The shop is made where it does not exist.

    settings: what a shop that is made now starts from (default: nothing edited).

    Raises:
        Conflict: the shop has records already; the game would mix them with those of a world.
        BadInput: the game has no day, or there is no such policy.
    """
    if game.days < 1 or game.past_days < 0 or game.settle_days < 0:
        raise BadInput("a game needs at least one day", fix="write --days 90 and --past-days 180, say")
    if not (folder / SETTINGS_FILE).exists():
        init(folder, settings=settings)
    if (folder / "records").exists():
        raise Conflict(f"{folder} holds records already", fix="name a new folder: a game begins with a fresh shop")
    shop_settings = Shop(folder).settings
    living = World.create(
        world, customers=game.customers, seed=game.seed, channels=shop_settings.channels, messages=shop_settings.messages,
        timezone=shop_settings.shop.timezone,
    )  # fmt: skip
    past = [day.tables for day in living.history(game.past_days, game.past_policy)]
    facts = Facts(list(living.customer_ids), [channel.name for channel in shop_settings.channels], shop_settings.shop.timezone)
    season = play(
        living,
        Twin(living),
        ShopPlayer(folder, living.customer_ids, retrain_days=game.retrain_days),
        Referee(facts, shop_settings, promised=True),
        days=game.days,
        settle_days=game.settle_days,
        past=past,
        progress=progress,
    )
    out = folder / "play"
    out.mkdir(exist_ok=True)
    days_csv(season).write_csv(out / "days.csv")
    picture(season, shop_settings.shop.currency, out / "curve.svg")
    return season
