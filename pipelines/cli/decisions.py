"""Verbs of decisions: decide, run-jobs, explain, test-send, replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otokui.errors import BadInput
from otokui.wording.i18n import SOURCE, checked
from pipelines.cli.common import AsOf, JsonOption, LanguageOption, ShopOption, app, instant, opened, show, verb


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
    from pipelines.cli.model_output import decided_text
    from pipelines.decision_run.decision_operations import run_decide

    house = opened(shop)
    manifest = run_decide(house, as_of=instant(as_of, house), out=out, dry_run=dry_run)
    show(manifest, as_json, decided_text(manifest, out))


@app.command("run-jobs")
@verb
def run_jobs_(
    shop: ShopOption,
    with_parent: Annotated[bool, typer.Option(hidden=True, help="end when the process behind standard input has ended")] = False,
) -> None:
    """Run the decision jobs that were posted to the service.

    The service itself starts this when a job waits.
    """
    from otokui.clock import now
    from pipelines.decision_run.jobs.job_worker import end_with_parent, run_jobs, step_back

    if with_parent:
        end_with_parent()
    step_back()
    opened(shop)
    typer.echo(f"{run_jobs(shop, now)} jobs ended")


@app.command("explain")
@verb
def explain_(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="whom")],
    shop: ShopOption,
    as_of: AsOf,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain one customer's predictions and decision, with the candidates that lost and why.

    Without a language, in English with Japanese beside it.
    """
    from pipelines.decision_run.decision_operations import run_explain
    from pipelines.decision_run.explain_wording import BOTH

    house = opened(shop)
    chosen = language or house.settings.shop.language
    explanation = run_explain(house, customer_id, as_of=instant(as_of, house), languages=(checked(chosen),) if chosen else BOTH)
    show(explanation.to_dict(), as_json, explanation.to_text())


@app.command("test-send")
@verb
def send_test_(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="a message, or a scenario for every message of it")],
    shop: ShopOption,
    channel: Annotated[str | None, typer.Option(help="only over this channel (default: every channel of the message)")] = None,
    customer: Annotated[list[str] | None, typer.Option(help="only this test customer; may be repeated")] = None,
    as_of: Annotated[str | None, typer.Option(help="date or time of the decisions (default: now)")] = None,
    out: Annotated[Path | None, typer.Option(help="the HTML file to write, a sheet to check and sign")] = None,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the shop's test customers would get of a message, and commit nothing.

    Each rule that would hold it back in earnest is named.
    """
    from otokui.clock import now
    from pipelines.decision_run.test_sends.forced_sends import run_test_send
    from pipelines.decision_run.test_sends.sheet_page import render_sheet
    from pipelines.report.build import write

    house = opened(shop)
    told_in = checked(language or house.settings.shop.language or SOURCE)
    at = instant(as_of, house) if as_of else now()
    sheet = run_test_send(house, message, as_of=at, channel=channel, customers=customer or (), language=told_in)
    if out is not None:
        write(render_sheet(sheet), out)
    show(sheet.to_dict(), as_json, sheet.to_text())


@app.command("replay")
@verb
def replay_(
    shop: ShopOption,
    decisions: Annotated[Path | None, typer.Option(help="folder of a finished `otokui decide`; left out = the log of the service")] = None,
    decision: Annotated[str | None, typer.Option("--decision", help="the id of one decision; left out = a random sample")] = None,
    customer: Annotated[str | None, typer.Option(help="with --decisions: the one decision about this customer")] = None,
    sample: Annotated[int, typer.Option(min=1, help="how many logged decisions to draw")] = 10_000,
    seed: Annotated[int, typer.Option(help="the seed of the draw")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Replay logged decisions from their inputs and compare them byte for byte."""
    from otokui.identity.ids import canonical
    from pipelines.decision_run.replay import replay, replay_run

    if customer is not None and (decisions is None or decision is not None):
        raise BadInput("--customer names a row of a run", fix="give --decisions FOLDER with it, and no --decision")
    decision = None if decision is None else canonical(decision, "the decision id")
    customer = None if customer is None else canonical(customer)
    house = opened(shop)
    if decisions is None:
        report = replay(house, decision_id=decision, sample=sample, seed=seed)
    else:
        named = {"customer_id": customer, "decision_id": decision}
        row = next(((column, value) for column, value in named.items() if value is not None), None)
        report = replay_run(house, decisions, row=row, sample=sample, seed=seed)
    show(report.to_dict(), as_json, report.to_text())
    if report.same < report.decisions:
        raise typer.Exit(1)
