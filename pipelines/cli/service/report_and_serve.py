"""Verbs that show and serve: report, serve, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otokui.clock import now
from otokui.wording.i18n import SOURCE, checked
from pipelines.cli.common import LanguageOption, ShopOption, app, instant, opened, verb


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
    from pipelines.model_training.train import last_known
    from pipelines.report.build import shop_report, write
    from pipelines.report.page import render

    house = opened(shop)
    at = instant(as_of, house) if as_of else last_known(house.records, now())
    told_in = checked(language or house.settings.shop.language or SOURCE)
    write(render(shop_report(house, as_of=at, now=now(), decisions=decisions), told_in), out)
    typer.echo(f"wrote {out}")


@app.command("serve")
@verb
def serve_(shop: ShopOption, port: Annotated[int | None, typer.Option(help="port (default: [service] port)")] = None) -> None:
    """Serve decisions and predictions over HTTP (BentoML)."""
    from decisions.compiler.evidence import FILE_NAME
    from pipelines.decision_run.decision_operations import run_materialise
    from pipelines.model_training.train import last_known
    from pipelines.shop.serve import serve

    house = opened(shop)
    if not (house.online / FILE_NAME).exists():
        run_materialise(house, as_of=last_known(house.records, now()))
    service = house.settings.service
    serve(shop, service, port=port or service.port)


@app.command("pause")
@verb
def pause_(shop: ShopOption, reason: Annotated[str, typer.Option(help="why; it stands in /readyz and in the log")]) -> None:
    """Pause all contacts at once, until `otokui resume`.

    The running service and every run make no reservation.
    """
    from adapters.shop_files.pause_file import ContactPause

    house = opened(shop)
    ContactPause(shop).begin(reason, now(), house.settings.shop.timezone)
    typer.echo(f"{ContactPause(shop).text()}; `otokui resume --shop {shop}` permits them again")


@app.command("resume")
@verb
def resume_(shop: ShopOption) -> None:
    """Permit contacts again after `otokui pause`."""
    from adapters.shop_files.pause_file import ContactPause

    opened(shop)
    typer.echo("contacts are decided again" if ContactPause(shop).end() else "contacts were not paused")


@app.command("demo")
@verb
def demo_(folder: Annotated[Path, typer.Option(help="where the demo shop is made anew")] = Path("demo-shop")) -> None:
    """Run the demo on a real grocer: ingest, train, predict, decide, report, serve."""
    from pipelines.cli.demo_run import demo

    demo(folder, say=typer.echo)
