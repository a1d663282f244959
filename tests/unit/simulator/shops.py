"""Simulated shops for tests: small, and alike unless a test says what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from otokui.settings.settings import Settings, load
from simulator.sends import Day, Sends
from simulator.settings.world_settings import WorldSettings
from simulator.world import World

SETTINGS: Settings = load()
MESSAGES = [m.message_id for m in SETTINGS.messages]
CHANNELS = [c.name for c in SETTINGS.channels]


def shop(world: WorldSettings | None = None, *, customers: int = 400, seed: int = 7, days: int = 0, policy: str = "none") -> World:
    """Make a world and let it live so many days."""
    made = World.create(
        world or WorldSettings(),
        customers=customers, seed=seed, channels=SETTINGS.channels, messages=SETTINGS.messages, timezone=SETTINGS.shop.timezone,
    )  # fmt: skip
    for _ in made.history(days, policy):
        pass
    return made


def sent(world: World, who: Any, *, message: str = "sale_notice", channel: str = "email", hour: int = 12) -> Sends:
    """Return one contact for each of these customers today."""
    whom = np.asarray(who, dtype=np.int64)
    text = np.full(len(whom), "", dtype=object)
    return Sends(
        whom, np.full(len(whom), MESSAGES.index(message)), np.full(len(whom), CHANNELS.index(channel)),
        np.full(len(whom), world.now + hour * 3_600), text, np.ones(len(whom)), text,
    )  # fmt: skip


def table(days: Sequence[Day], name: str) -> pl.DataFrame:
    """Return one table over several days."""
    return pl.concat([day.tables[name] for day in days])
