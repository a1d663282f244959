"""Verbs that look over the whole base: forecast, factors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.common import AsOf, JsonOption, ShopOption, app, instant, opened, show, verb


@app.command("forecast")
@verb
def forecast_(
    shop: ShopOption,
    as_of: AsOf,
    out: Annotated[Path | None, typer.Option(help="the JSON file to write (default: SHOP/forecast.json, which the report shows)")] = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast orders and revenue of the next 30, 60 and 90 days, with an interval from tests on earlier months."""
    from pipelines.analytics import sales_forecast
    from pipelines.analytics.base_operations import run_forecast

    house = opened(shop)
    path = out or shop / sales_forecast.FILE_NAME

    def tested(done: int, of: int) -> None:
        typer.echo(f"tested {done} of {of}", err=True)

    said = run_forecast(house, as_of=instant(as_of, house), out=path, progress=tested)
    show(said, as_json, f"{sales_forecast.text(said)}\nin {path}")


@app.command("factors")
@verb
def factors_(
    shop: ShopOption,
    as_of: AsOf,
    out: Annotated[Path | None, typer.Option(help="the folder to write (default: SHOP/factors, which the report shows)")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what loyal customers share, who lacks one thing a contact could ask for, and the omens of those who leave."""
    from pipelines.analytics import drivers
    from pipelines.analytics.base_operations import run_factors

    house = opened(shop)
    folder = out or shop / "factors"
    said = run_factors(house, as_of=instant(as_of, house), out=folder)
    show(said, as_json, drivers.text(said, folder))
