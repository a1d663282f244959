"""Verbs that look ahead over the whole base: forecast."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.base import AsOf, JsonOption, ShopOption, app, instant, opened, show, verb
from pipelines.forecast import FILE_NAME, text
from pipelines.outlook import run_forecast


@app.command("forecast")
@verb
def forecast_(
    shop: ShopOption,
    as_of: AsOf,
    out: Annotated[Path | None, typer.Option(help=f"the JSON file to write (default: SHOP/{FILE_NAME}, which the report shows)")] = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast orders and revenue of the next 30, 60 and 90 days, with an interval from tests on earlier months."""
    house = opened(shop)
    path = out or shop / FILE_NAME

    def tested(done: int, of: int) -> None:
        typer.echo(f"tested {done} of {of}", err=True)

    said = run_forecast(house, as_of=instant(as_of, house), out=path, progress=tested)
    show(said, as_json, f"{text(said)}\nin {path}")
