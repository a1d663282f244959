"""Verbs of measurement: measure, evaluate-policy. Promotion of a policy is `otokui promote --policy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otokui.clock import now
from otokui.errors import BadInput
from pipelines.cli.common import JsonOption, ShopOption, app, instant, opened, show, verb

RunsOption = Annotated[
    list[Path] | None, typer.Option("--decisions", help="folder of an `otokui decide`; several times (default: those in SHOP/decisions)")
]


@app.command("measure")
@verb
def measure_(
    shop: ShopOption,
    since: Annotated[str | None, typer.Option(help="begin of the period (default: [measurement] period_days before its end)")] = None,
    until: Annotated[str | None, typer.Option(help="end of the period, not included (default: the newest record)")] = None,
    by: Annotated[str, typer.Option(help="tables to show: scenario, message, channel, state, week")] = "scenario,message,channel",
    as_json: JsonOption = False,
) -> None:
    """Measure lift against the control group in customers and money, and the funnel.

    With intervals.
    """
    from adapters.shop_files.results_file import keep_results
    from pipelines.measurement.measure import run_measure
    from pipelines.measurement.results_text import DIMENSIONS, results_text
    from pipelines.model_training.train import last_known

    asked = [name.strip() for name in by.split(",") if name.strip()]
    unknown = [name for name in asked if name not in DIMENSIONS]
    if unknown:
        raise BadInput(f"--by does not know {', '.join(unknown)}", fix=f"choose of {', '.join(DIMENSIONS)}")
    house = opened(shop)
    end = last_known(house.records, now()) if until is None else instant(until, house)
    results = run_measure(house, since=None if since is None else instant(since, house), until=end)
    path = keep_results(house.folder, results.to_dict())
    show(results.to_dict(), as_json, f"{results_text(results, house.settings, asked)}\n\nin {path}")


@app.command("evaluate-policy")
@verb
def evaluate_policy_(
    policy: Annotated[Path, typer.Argument(metavar="FILE", help="a changed copy of the shop's otokui.toml")],
    shop: ShopOption,
    decisions: RunsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Value changed settings against the live ones on logged decisions: passes, worse, or cannot tell. Changes nothing."""
    from pipelines.measurement.policy_evaluation.policy_operations import read_proposal, run_evaluate_policy

    house = opened(shop)
    verdict = run_evaluate_policy(house, read_proposal(house, policy), now=now(), runs=decisions or ())
    show(verdict.to_dict(), as_json, verdict.to_text())
