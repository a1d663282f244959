"""The command line: one verb, one pipeline. Results go to stdout (``--json`` for programs), logs to stderr.

Nothing is computed here: an error becomes its exit code, a result becomes text, and that is all.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

from decisions.evidence import FILE_NAME
from otokui.clock import now
from otokui.domain import Instant, Label, parse_instant, show_instant
from otokui.errors import BadInput, OtokuiError
from otokui.observe import configure
from pipelines.demo import demo
from pipelines.doctor import doctor
from pipelines.ingest import ingest
from pipelines.init import init
from pipelines.report.gather import write
from pipelines.report.page import render
from pipelines.report.shop import shop_report
from pipelines.runs import run_decide, run_explain, run_materialise, run_predict, run_promote, run_roll_back, run_train
from pipelines.serve import serve
from pipelines.telling import decided_text, training_text, training_told
from pipelines.train import last_known
from pipelines.wiring import READERS, Shop

app = typer.Typer(
    help="Otokui: predictions and decisions for CRM. Start with `otokui init SHOP`, or see it work: `otokui demo`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ShopOption = Annotated[Path, typer.Option("--shop", help="the shop's folder, made by `otokui init`")]
AsOf = Annotated[str, typer.Option("--as-of", help="date or time; only what was known before it is used")]
JsonOption = Annotated[bool, typer.Option("--json", help="print the result as JSON, for programs")]


@app.callback()
def _everywhere(
    log_json: Annotated[bool, typer.Option("--log-json", help="log lines as JSON")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="log warnings only")] = False,
) -> None:
    configure(json_lines=log_json, level=logging.WARNING if quiet else logging.INFO)


P = ParamSpec("P")


def verb(run: Callable[P, None]) -> Callable[P, None]:
    """Turn an error of ours into its message and its exit code; let every other one be seen as it is."""

    @wraps(run)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            run(*args, **kwargs)
        except OtokuiError as error:
            typer.echo(f"otokui: {error.detail}\n   fix: {error.fix}", err=True)
            raise typer.Exit(error.exit_code) from None

    return guarded


def show(result: dict[str, Any], as_json: bool, text: str) -> None:
    """Print a result for a program or for a person."""
    typer.echo(json.dumps(result, ensure_ascii=False, default=str) if as_json else text)


def opened(folder: Path) -> Shop:
    """Open a shop's folder."""
    return Shop(folder)


def instant(text: str, shop: Shop) -> Instant:
    """Read a date or time of the command line in the shop's time zone."""
    return parse_instant(text, shop.settings.shop.timezone)


@app.command("init")
@verb
def init_(
    shop: Annotated[Path, typer.Argument(help="the folder to make")],
    name: Annotated[str | None, typer.Option(help="the shop's short name (default: the folder's)")] = None,
    settings: Annotated[Path | None, typer.Option(help="settings to start from, e.g. examples/complete-journey.toml")] = None,
) -> None:
    """Make a shop's folder with a commented otokui.toml; it works unedited."""
    typer.echo(f"made {init(shop, name=name, settings=settings)}; next: otokui ingest --shop {shop} transactions=FILE")


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
    reader: Annotated[str | None, typer.Option(help=f"a reader of public data: {', '.join(READERS)}")] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring records in: checked, whole or not at all, and twice changes nothing."""
    house = opened(shop)
    if reader is not None:
        if reader not in READERS:
            raise BadInput(f"{reader!r} is no reader", fix=f"choose one of {', '.join(READERS)}")
        report = ingest(shop, house.settings, READERS[reader], now(), argument=sources[0] if sources else None, ledger=house.ledger)
    else:
        report = ingest(shop, house.settings, named_sources(sources), now(), ledger=house.ledger)
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
        raise BadInput("nothing to ingest was named", fix="write otokui ingest --shop SHOP transactions=FILE, or --reader NAME")
    return named


@app.command("doctor")
@verb
def doctor_(shop: ShopOption, as_json: JsonOption = False) -> None:
    """Check the records over and write the data dictionary."""
    report = doctor(shop, opened(shop).settings, now())
    show(report.to_dict(), as_json, report.render())


@app.command("summarise")
@verb
def summarise_(shop: ShopOption, as_of: Annotated[str | None, typer.Option(help="cut-off (default: now)")] = None) -> None:
    """Bring the summaries up to a cut-off, reading only the records that are new."""
    house = opened(shop)
    made = house.summaries(instant(as_of, house) if as_of else now())
    typer.echo(f"{made.rows:,} customers as of {show_instant(made.cutoff, house.settings.shop.timezone)}")


@app.command("materialise")
@verb
def materialise_(shop: ShopOption, as_of: Annotated[str | None, typer.Option(help="cut-off (default: now)")] = None) -> None:
    """Put the summaries where the service reads them (a snapshot, or Feast by configuration)."""
    house = opened(shop)
    done = run_materialise(house, as_of=instant(as_of, house) if as_of else now())
    typer.echo(f"{done.customers:,} customers in {house.settings.stores.online}, version {done.version}")


@app.command("train")
@verb
def train_(
    shop: ShopOption,
    cutoff: Annotated[str | None, typer.Option(help="use only what was known before (default: the newest record)")] = None,
    trials: Annotated[int, typer.Option(min=0, help="Optuna trials per label; 0 = the defaults")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Train on rolling cut-offs, register in MLflow, and promote what passes the gate."""
    house = opened(shop)
    through = instant(cutoff, house) if cutoff else last_known(house.records, now())
    report = run_train(house, train_through=through, now=now(), trials=trials, progress=lambda said: typer.echo(said, err=True))
    show(training_told(report), as_json, training_text(report))


@app.command("promote")
@verb
def promote_(
    shop: ShopOption,
    reason: Annotated[str, typer.Option(help="why; kept in the audit trail")],
    label: Annotated[Label | None, typer.Argument(help="which prediction's model")] = None,
    version: Annotated[int | None, typer.Argument(help="its version in MLflow")] = None,
    roll_back: Annotated[bool, typer.Option("--roll-back", help="go back to the champions before the present ones")] = False,
) -> None:
    """Make a registered version live, or go back to the one before; tried in a child process first, and audited."""
    house = opened(shop)
    if roll_back:
        moved = run_roll_back(house, reason=reason, now=now())
    elif label is not None and version is not None:
        moved = {label: run_promote(house, label, version, reason=reason, now=now())}
    else:
        raise BadInput("promote needs a label and a version, or --roll-back", fix="otokui promote churn 3 --shop SHOP --reason WHY")
    typer.echo("\n".join(f"{each}: {digest[:12]} is live" for each, digest in moved.items()))


@app.command("predict")
@verb
def predict_(
    shop: ShopOption, as_of: AsOf, out: Annotated[Path, typer.Option(help="the Parquet file to write")], as_json: JsonOption = False
) -> None:
    """Write one row of predictions for every customer known before a date."""
    house = opened(shop)
    done = run_predict(house, as_of=instant(as_of, house), out=out)
    lines = [f"{done.rows:,} customers in {done.path}", *(f"not predicted: {label}: {why}" for label, why in done.missing.items())]
    if done.extrapolated:
        lines.append(f"extrapolated: {', '.join(f'{h} days' for h in done.extrapolated)}: {done.how}")
    told = {"rows": done.rows, "path": str(done.path), "missing": done.missing, "models": done.models}
    show(told | {"extrapolated_days": done.extrapolated, "extrapolated_how": done.how}, as_json, "\n".join(lines))


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


@app.command("report")
@verb
def report_(
    shop: ShopOption,
    out: Annotated[Path, typer.Option(help="the HTML file to write")],
    as_of: Annotated[str | None, typer.Option(help="the date the report speaks of (default: after the newest record)")] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="folder of a finished `otokui decide` (default: the newest in SHOP/decisions)")
    ] = None,
    language: Annotated[str, typer.Option(help="en or ja")] = "en",
) -> None:
    """Write one self-contained page: data, models with plots, decisions."""
    house = opened(shop)
    at = instant(as_of, house) if as_of else last_known(house.records, now())
    write(render(shop_report(house, as_of=at, now=now(), decisions=decisions), language), out)
    typer.echo(f"wrote {out}")


@app.command("serve")
@verb
def serve_(shop: ShopOption, port: Annotated[int | None, typer.Option(help="port (default: [service] port)")] = None) -> None:
    """Serve decisions and predictions over HTTP (BentoML)."""
    house = opened(shop)
    if not (house.online / FILE_NAME).exists():
        run_materialise(house, as_of=last_known(house.records, now()))
    service = house.settings.service
    raise typer.Exit(serve(shop, host=service.host, port=port or service.port))


@app.command("demo")
@verb
def demo_(folder: Annotated[Path, typer.Option(help="where the demo shop is made anew")] = Path("demo-shop")) -> None:
    """Walk the whole road on a real grocer: ingest, train, predict, decide, report, and ask the service once."""
    demo(folder, say=typer.echo)


if __name__ == "__main__":
    app()
