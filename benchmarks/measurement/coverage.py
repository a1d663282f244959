"""Coverage of the lift's interval, on simulated shops with known truth.

Their customers lived the same period with and without contacts.

A draw of the control group takes each customer's purchases from the life with contacts or from the one without. The truth is the mean
difference of the two lives over the treated, so that no sampling of customers is in it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from decisions.policy.control_groups import in_control
from measurement.results.lift_interval import GroupMoments, contrast
from otokui.domain import DAY, HOUR
from otokui.frames import texts
from otokui.settings.settings import load
from pipelines.simulation.write_records import simulate
from simulator.worlds import load_world

WORLDS = ("default", "apparel", "grocery")
SEEDS = (1, 2)
CUSTOMERS, DAYS, PERIOD_DAYS = 4_000, 240, 60
SHARES = (0.05, 0.2)


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """Coverage of 95% intervals in one world, and their width relative to no covariate."""

    world: str
    share: float
    effect: str
    draws: int
    covered: float
    width: float


def run(seasons: int) -> list[CoverageLine]:
    """Return the coverage of every world, control share and life.

    ``seasons`` draws each, over all seeds.
    """
    lines = []
    for world in WORLDS:
        lives = [_lives(world, seed) for seed in SEEDS]
        for share in SHARES:
            for effect in ("none", "contacts"):
                draws = [
                    _draw(life, share, effect, f"{seed}-{number}")
                    for seed, life in enumerate(lives)
                    for number in range(seasons // len(lives))
                ]
                covered, widths = zip(*draws, strict=True)
                lines.append(CoverageLine(world, share, effect, len(draws), float(np.mean(covered)), float(np.mean(widths))))
    return lines


def text(lines: list[CoverageLine]) -> str:
    """Return the table."""
    out = [
        "### Does a 95% interval hold the truth in 95 of 100 cases?",
        "",
        f"Simulated shops of {CUSTOMERS:,} customers, {PERIOD_DAYS} days, money per customer.",
        "Effect *none*: both groups lived without contacts.",
        "",
        "| world | control share | effect | draws | intervals that hold the truth | width ÷ width without CUPED |",
        "|---|---|---|---|---|---|",
    ]
    out += [f"| {made.world} | {made.share:.0%} | {made.effect} | {made.draws} | {made.covered:.1%} | {made.width:.2f} |" for made in lines]
    return "\n".join(out)


@dataclass(frozen=True, slots=True)
class _Lives:
    ids: list[str]
    before: np.ndarray  # (n,) money before the period
    without: np.ndarray  # (n,) money of the period without contacts
    contacted: np.ndarray  # (n,) money of the period with contacts


def _lives(world: str, seed: int) -> _Lives:
    """Let a world live twice with the same chance: without contacts, and with an e-mail to everybody every fifth day of the period."""
    with tempfile.TemporaryDirectory() as folder:
        until, without = _spent(world, seed, "none", Path(folder) / "none")
        sends = Path(folder) / "sends.parquet"
        _write_sends(sorted(without), until, sends)
        _, contacted = _spent(world, seed, str(sends), Path(folder) / "contacted")
    ids = sorted(without)
    return _Lives(
        ids,
        np.array([without[name][0] for name in ids]),
        np.array([without[name][1] for name in ids]),
        np.array([contacted.get(name, (0.0, 0.0))[1] for name in ids]),
    )


def _spent(world: str, seed: int, policy: str, folder: Path) -> tuple[int, dict[str, tuple[float, float]]]:
    """Return the end of the period, and the money of every customer before it and in it."""
    made = simulate(folder, load(), load_world(world), customers=CUSTOMERS, days=DAYS, seed=seed, policy=policy)
    inside = pl.col("ordered_at").dt.epoch("s") >= int(made.until) - PERIOD_DAYS * DAY
    orders = pl.read_parquet(folder / "orders" / "*.parquet").filter(pl.col("cancelled_at").is_null())
    lines = pl.read_parquet(folder / "order_lines" / "*.parquet").unique(["order_id", "product_id"], keep="last")
    bought = orders.unique("order_id", keep="last").join(lines.group_by("order_id").agg(pl.col("paid_amount").sum()), on="order_id")
    summed = bought.group_by("customer_id").agg(
        pl.col("paid_amount").filter(~inside).sum().alias("before"), pl.col("paid_amount").filter(inside).sum().alias("inside")
    )
    customers = pl.read_parquet(folder / "customers" / "*.parquet")["customer_id"].unique().to_list()
    return int(made.until), dict.fromkeys(customers, (0.0, 0.0)) | {name: (before, now) for name, before, now in summed.iter_rows()}


def _write_sends(ids: list[str], until: int, path: Path) -> None:
    """Write an e-mail to everybody at eleven o'clock of every fifth day of the period."""
    days = pl.DataFrame({"send_at": range(until - PERIOD_DAYS * DAY + 11 * HOUR, until, 5 * DAY)})
    every = pl.DataFrame({"customer_id": ids}).join(days, how="cross")
    at = pl.from_epoch("send_at", time_unit="s").dt.replace_time_zone("UTC")
    every.select("customer_id", pl.lit("new_arrivals").alias("message_id"), pl.lit("email").alias("channel"), at).write_parquet(path)


def _draw(life: _Lives, share: float, effect: str, salt: str) -> tuple[bool, float]:
    control = in_control(texts(life.ids), salt, share)
    treated = life.contacted if effect == "contacts" else life.without
    truth = float((treated - life.without)[~control].mean())
    pairs = [(treated[~control], life.before[~control]), (life.without[control], life.before[control])]
    made = contrast(*(_moments(y, x) for y, x in pairs), minimum=20)
    plain = contrast(*(_moments(y, np.zeros_like(x)) for y, x in pairs), minimum=20)
    (low, high), (plain_low, plain_high) = ((each.low or 0.0, each.high or 0.0) for each in (made, plain))
    return low <= truth <= high, (high - low) / (plain_high - plain_low)


def _moments(y: np.ndarray, x: np.ndarray) -> GroupMoments:
    ys, xs = [int(value) for value in y], [int(value) for value in x]
    return GroupMoments(
        len(ys),
        sum(ys),
        sum(value * value for value in ys),
        sum(xs),
        sum(value * value for value in xs),
        sum(a * b for a, b in zip(ys, xs, strict=True)),
    )
