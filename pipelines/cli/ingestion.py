"""Verbs of what comes in: init, ingest, doctor, summarise, materialise."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from otokui.clock import now
from otokui.domain import show_instant
from otokui.errors import BadInput
from otokui.settings.service.service import Environment
from otokui.wording.counting import counted
from pipelines.cli.common import JsonOption, ShopOption, app, instant, opened, show, verb
from pipelines.shop.readers import READER_NAMES, public_reader


@app.command("init")
@verb
def init_(
    shop: Annotated[Path, typer.Argument(help="the folder to make")],
    name: Annotated[str | None, typer.Option(help="the shop's short name (default: the folder's)")] = None,
    settings: Annotated[Path | None, typer.Option(help="settings to start from, e.g. examples/complete-journey.toml")] = None,
    environment: Annotated[
        Environment | None, typer.Option(help="production asks every caller for a key; a key of one never works in the other")
    ] = None,
) -> None:
    """Make a shop's folder with a commented otokui.toml; it works unedited."""
    from pipelines.shop.init import init

    typer.echo(
        f"made {init(shop, name=name, settings=settings, environment=environment)}; next: otokui ingest --shop {shop} transactions=FILE"
    )


@app.command("ingest")
@verb
def ingest_(
    shop: ShopOption,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="TABLE=SOURCE...",
            help="transactions=FILE, orders=FOLDER, customers=postgresql://user@host/db?table=name; with --reader: a file or folder",
        ),
    ] = [],  # noqa: B006  typer's way of saying that none is needed
    inbox: Annotated[bool, typer.Option("--inbox", help="only what reached the service; with sources it is taken over as well")] = False,
    reader: Annotated[str | None, typer.Option(help=f"a reader of public data: {', '.join(READER_NAMES)}")] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring records in: checked, whole or not at all, and twice changes nothing."""
    from pipelines.ingestion.ingest import ingest

    house = opened(shop)
    named = public_reader(reader) if reader is not None else {} if inbox and not sources else named_sources(sources)
    argument = sources[0] if reader is not None and sources else None
    report = ingest(shop, house.settings, named, now(), argument=argument, ledger=house.ledger, inbox=house.inbox)
    show(report.to_dict(), as_json, report.render())


def named_sources(sources: list[str]) -> dict[str, str]:
    """Read ``table=source`` arguments.

    Raises:
        BadInput: one of them is something else, or a table stands there twice.
    """
    named: dict[str, str] = {}
    for each in sources:
        table, separator, source = each.partition("=")
        if not separator or not source or table in named:
            raise BadInput(f"{each!r} does not name one source of one table", fix="write transactions=FILE customers=FILE, each table once")
        named[table] = source
    if not named:
        raise BadInput("nothing to ingest was named", fix="write otokui ingest --shop SHOP transactions=FILE, or --inbox, or --reader NAME")
    return named


@app.command("sync")
@verb
def sync_(shop: ShopOption, as_json: JsonOption = False) -> None:
    """Sync identities, consents, suppressions and contacts on record to the ledger.

    Twice changes nothing.
    """
    report = opened(shop).sync()
    lines = [f"the ledger took {counted(report.rows, 'row')} and has all that is on record"]
    lines += [f"set aside: {each.says}\n   fix: {each.fix}" for each in report.set_aside]
    show({"rows": report.rows, "set_aside": [asdict(each) for each in report.set_aside]}, as_json, "\n".join(lines))


@app.command("doctor")
@verb
def doctor_(shop: ShopOption, as_json: JsonOption = False) -> None:
    """Check the records over and write the data dictionary."""
    from pipelines.ingestion.health_check import doctor

    house = opened(shop)

    def last_batch(table: str) -> int:
        """Return the ledger's last batch; the ledger is opened only when asked.

        The health check of the records does without.
        """
        return house.ledger.last_batch(table)

    report = doctor(shop, house.settings, now(), last_batch, house.ledger.refused)
    show(report.to_dict(), as_json, report.render())


CUTOFF = "cut-off (default: the last instant by which all is on record, usually now)"


@app.command("summarise")
@verb
def summarise_(
    shop: ShopOption,
    as_of: Annotated[str | None, typer.Option(help=CUTOFF)] = None,
) -> None:
    """Bring the summaries up to a cut-off, reading only the records that are new."""
    house = opened(shop)
    made = house.summaries(instant(as_of, house) if as_of else house.complete_until(now()))
    typer.echo(f"{counted(made.rows, 'customer')} as of {show_instant(made.cutoff, house.settings.shop.timezone)}")


@app.command("materialise")
@verb
def materialise_(
    shop: ShopOption,
    as_of: Annotated[str | None, typer.Option(help=CUTOFF)] = None,
) -> None:
    """Put the summaries where the service reads them (a snapshot, or Feast by configuration)."""
    from pipelines.decision_run.decision_operations import run_materialise

    house = opened(shop)
    done = run_materialise(house, as_of=instant(as_of, house) if as_of else house.complete_until(now()))
    typer.echo(f"{counted(done.customers, 'customer')} in {house.settings.stores.online}, version {done.version}")
