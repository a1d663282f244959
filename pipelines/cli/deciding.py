"""Verbs of decisions: decide, explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.base import AsOf, JsonOption, ShopOption, app, instant, opened, show, verb
from pipelines.runs import run_decide, run_explain
from pipelines.telling import decided_text


@app.command("decide")
@verb
def decide_(
    shop: ShopOption,
    as_of: AsOf,
    out: Annotated[Path, typer.Option(help="the folder for this run; a run that was stopped goes on in its own")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="reserve nothing")] = False,
    as_json: JsonOption = False,
) -> None:
    """Decide for the whole base: contact or not, what, when, where, and why."""
    house = opened(shop)
    manifest = run_decide(house, as_of=instant(as_of, house), out=out, dry_run=dry_run)
    show(manifest, as_json, decided_text(manifest, out))


@app.command("explain")
@verb
def explain_(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="whom")], shop: ShopOption, as_of: AsOf, as_json: JsonOption = False
) -> None:
    """Tell one customer's predictions and decision, what lost and why, in English and Japanese."""
    house = opened(shop)
    told = run_explain(house, customer_id, as_of=instant(as_of, house))
    show(told.to_dict(), as_json, told.to_text())
