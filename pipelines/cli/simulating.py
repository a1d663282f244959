"""The verb of the simulated shop: simulate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from otokui.settings import load
from pipelines.cli.base import JsonOption, app, show, verb
from pipelines.simulate import simulate
from simulator.worlds import load_world, names


@app.command("simulate")
@verb
def simulate_(
    out: Annotated[Path, typer.Option("--out", help="the folder to write, one folder of Parquet files a table")],
    customers: Annotated[int, typer.Option(min=1, help="how many customers come over the days")] = 10_000,
    days: Annotated[int, typer.Option(min=1, help="how many days the shop lives")] = 365,
    seed: Annotated[int, typer.Option(help="the seed of all chance; the same seed writes the same bytes")] = 20_250_401,
    policy: Annotated[str, typer.Option(help="who is contacted: none, random, everybody, rfm, or a file of sends")] = "none",
    world: Annotated[str, typer.Option(help=f"{', '.join(names())}, or a TOML file")] = "default",
    settings: Annotated[Path | None, typer.Option(help="the shop's otokui.toml with its channels and messages (default: ours)")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the records of a shop whose truth is known, to try everything on before a customer is touched."""
    with tqdm(total=days, unit="day", disable=None, leave=False) as bar:
        made = simulate(
            out, load(settings), load_world(world),
            customers=customers, days=days, seed=seed, policy=policy, progress=lambda _: bar.update() and None,
        )  # fmt: skip
    show(made.to_dict(), as_json, made.render())
