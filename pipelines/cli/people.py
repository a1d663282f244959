"""Verbs that show and serve: report, serve, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from decisions.evidence import FILE_NAME
from otokui.clock import now
from otokui.i18n import SOURCE, checked
from pipelines.cli.base import LanguageOption, ShopOption, app, instant, opened, verb
from pipelines.demo import demo
from pipelines.report.gather import write
from pipelines.report.page import render
from pipelines.report.shop import shop_report
from pipelines.runs import run_materialise
from pipelines.serve import serve
from pipelines.train import last_known


@app.command("report")
@verb
def report_(
    shop: ShopOption,
    out: Annotated[Path, typer.Option(help="the HTML file to write")],
    as_of: Annotated[str | None, typer.Option(help="the date the report speaks of (default: after the newest record)")] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="folder of a finished `otokui decide` (default: the newest in SHOP/decisions)")
    ] = None,
    language: LanguageOption = None,
) -> None:
    """Write one self-contained page: data, models with plots, decisions."""
    house = opened(shop)
    at = instant(as_of, house) if as_of else last_known(house.records, now())
    told_in = checked(language or house.settings.shop.language or SOURCE)
    write(render(shop_report(house, as_of=at, now=now(), decisions=decisions), told_in), out)
    typer.echo(f"wrote {out}")


@app.command("serve")
@verb
def serve_(shop: ShopOption, port: Annotated[int | None, typer.Option(help="port (default: [service] port)")] = None) -> None:
    """Serve decisions and predictions over HTTP (BentoML)."""
    house = opened(shop)
    if not (house.online / FILE_NAME).exists():
        run_materialise(house, as_of=last_known(house.records, now()))
    service = house.settings.service
    serve(shop, host=service.host, port=port or service.port)


@app.command("demo")
@verb
def demo_(folder: Annotated[Path, typer.Option(help="where the demo shop is made anew")] = Path("demo-shop")) -> None:
    """Walk the whole road on a real grocer: ingest, train, predict, decide, report, and ask the service once."""
    demo(folder, say=typer.echo)
