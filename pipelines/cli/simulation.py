"""The verb of the simulated shop: simulate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otokui.errors import BadInput
from pipelines.cli.common import JsonOption, app, opened, show, verb
from simulator.worlds import load_world, names


@app.command("simulate")
@verb
def simulate_(
    out: Annotated[Path | None, typer.Option("--out", help="the folder to write, one folder of Parquet files a table")] = None,
    play: Annotated[Path | None, typer.Option("--play", help="a fresh shop's folder (made if need be) that decides night by night")] = None,
    customers: Annotated[int, typer.Option(min=1, help="how many customers come over the days")] = 10_000,
    days: Annotated[int, typer.Option(min=1, help="how many days the shop lives, or plays")] = 365,
    seed: Annotated[int, typer.Option(help="the seed of all chance; the same seed writes the same bytes")] = 20_250_401,
    policy: Annotated[
        str,
        typer.Option(
            help="who is contacted (with --play: in the days before): none, random, everybody, rfm, or with --out a file of sends"
        ),
    ] = "none",
    world: Annotated[str, typer.Option(help=f"{', '.join(names())}, or a TOML file")] = "default",
    settings: Annotated[Path | None, typer.Option(help="the shop's otokui.toml with its channels and messages (default: ours)")] = None,
    past_days: Annotated[int, typer.Option(min=0, help="with --play: days of records the shop begins with")] = 180,
    retrain_days: Annotated[int, typer.Option(min=0, help="with --play: days between trainings; 0 = once")] = 7,
    settle_days: Annotated[int, typer.Option(min=0, help="with --play: silent days at the end, for purchases only pulled forward")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Simulate a shop's records with known truth, or let a shop play against it."""
    from tqdm import tqdm

    from otokui.settings.settings import load
    from pipelines.simulation.output import rendered, season_json
    from pipelines.simulation.simulation_run import Game, run_play
    from pipelines.simulation.write_records import simulate

    if (out is None) == (play is None):
        raise BadInput("either records are written or a shop plays", fix="name one of --out FOLDER and --play SHOP")
    with tqdm(total=days + (settle_days if play else 0), unit="day", disable=None, leave=False) as bar:
        if play is not None:
            game = Game(customers, days, seed, past_days, policy, retrain_days, settle_days)
            season = run_play(play, load_world(world), game, settings=settings, progress=lambda _: bar.update() and None)
        elif out is not None:
            made = simulate(
                out, load(settings), load_world(world),
                customers=customers, days=days, seed=seed, policy=policy, progress=lambda _: bar.update() and None,
            )  # fmt: skip
    if play is not None:
        show(season_json(season), as_json, rendered(season, opened(play).settings.shop.currency, play / "play"))
    else:
        show(made.to_dict(), as_json, made.render())
