"""Verbs of policies: evaluate-policy. Promotion of a policy is `otokui promote --policy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otokui.clock import now
from pipelines.cli.common import JsonOption, ShopOption, app, opened, show, verb

RunsOption = Annotated[
    list[Path] | None, typer.Option("--decisions", help="folder of an `otokui decide`; several times (default: those in SHOP/decisions)")
]


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
