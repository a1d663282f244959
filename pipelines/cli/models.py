"""Verbs of models: train, tune, evaluate, promote, predict, forecast, factors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from otokui.clock import now
from otokui.domain import Label, ModelName, PairModel
from otokui.errors import BadInput
from otokui.wording.counting import counted
from pipelines.cli.common import AsOf, JsonOption, ShopOption, app, instant, opened, show, verb
from pipelines.cli.measurement import RunsOption
from pipelines.shop.audit_trail import account, audited

NAMES = tuple(map(str, (*Label, *PairModel)))


@app.command("train")
@verb
def train_(
    shop: ShopOption,
    cutoff: Annotated[str | None, typer.Option(help="use only what was known before (default: the newest record)")] = None,
    trials: Annotated[int, typer.Option(min=0, help="Optuna trials per label; 0 = the defaults")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Train on rolling cut-offs, register in MLflow, and promote what passes the gate."""
    from pipelines.cli.model_output import training_json, training_text
    from pipelines.model_training.model_operations import run_train
    from pipelines.model_training.train import last_known

    house = opened(shop)
    through = instant(cutoff, house) if cutoff else last_known(house.records, now())
    report = run_train(
        house,
        train_through=through,
        now=now(),
        trials=trials,
        who=f"{account()} (otokui train)",
        progress=lambda line: typer.echo(line, err=True),
    )
    show(training_json(report), as_json, training_text(report))


@app.command("tune")
@verb
def tune_(
    shop: ShopOption,
    trials: Annotated[int, typer.Option(min=1, help="Optuna trials per label in all, those of a search that was stopped included")] = 50,
    label: Annotated[list[Label] | None, typer.Option(help="search only this label; may be given several times")] = None,
    cutoff: Annotated[str | None, typer.Option(help="use only what was known before (default: the newest record)")] = None,
    as_json: JsonOption = False,
) -> None:
    """Search LightGBM's parameters, for use by every later `otokui train`."""
    from pipelines.cli.model_output import tuned_text, tuning_json
    from pipelines.model_training.model_operations import run_tune
    from pipelines.model_training.train import last_known

    house = opened(shop)
    through = instant(cutoff, house) if cutoff else last_known(house.records, now())
    labels = tuple(label) if label else tuple(Label)
    report = run_tune(
        house, train_through=through, now=now(), trials=trials, labels=labels, progress=lambda line: typer.echo(line, err=True)
    )
    show(tuning_json(report), as_json, tuned_text(report))


@app.command("evaluate")
@verb
def evaluate_(
    shop: ShopOption,
    label: Annotated[list[Label] | None, typer.Option(help="only this label; may be given several times")] = None,
    pair: Annotated[
        list[PairModel] | None, typer.Option("--pair", help="only this model of pairs, on what neither version has seen; several times")
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="judge on what was known before (default: the newest record)")] = None,
    as_json: JsonOption = False,
) -> None:
    """Evaluate champion and challenger on the shop's records, by cut-off and slice."""
    from pipelines.cli.model_output import evaluated_text, evaluation_json, pair_evaluations_json, pairs_text
    from pipelines.model_training.evaluate import Evaluated
    from pipelines.model_training.model_operations import run_evaluate, run_evaluate_pairs
    from pipelines.model_training.train import last_known

    house = opened(shop)
    through = instant(as_of, house) if as_of else last_known(house.records, now())
    labels, pairs = (tuple(label or ()), tuple(pair or ())) if label or pair else (tuple(Label), tuple(PairModel))
    evaluated = run_evaluate(house, through=through, labels=labels) if labels else Evaluated(through, {}, {})
    compared = run_evaluate_pairs(house, through=through, names=pairs)
    text = "\n".join([evaluated_text(evaluated)] * bool(labels) + pairs_text(compared))
    show(evaluation_json(evaluated) | {"pair_models": pair_evaluations_json(compared)}, as_json, text)


@app.command("promote")
@verb
def promote_(
    shop: ShopOption,
    reason: Annotated[str, typer.Option(help="why; kept in the audit trail")],
    label: Annotated[str | None, typer.Argument(help=f"which model: {', '.join(NAMES)}")] = None,
    version: Annotated[int | None, typer.Argument(help="its version in MLflow")] = None,
    roll_back: Annotated[
        bool, typer.Option("--roll-back", help="go back to the champions before the present ones (or one label's)")
    ] = False,
    pair: Annotated[
        PairModel | None,
        typer.Option("--pair", help="with --roll-back: the ranking of products, or the response model, before the present one"),
    ] = None,
    who: Annotated[str | None, typer.Option(help="who says so; kept in the audit trail (default: your user name)")] = None,
    policy: Annotated[Path | None, typer.Option(help="a changed copy of the shop's otokui.toml, to go live if it passes the gate")] = None,
    despite_gate: Annotated[
        bool, typer.Option("--despite-gate", help="make a version live that the gate held back; the audit trail says so")
    ] = False,
    accept_unknown: Annotated[bool, typer.Option("--accept-unknown", help="let a policy pass of which the log cannot tell")] = False,
    decisions: RunsOption = None,
) -> None:
    """Promote or roll back a model, or promote a policy; audited.

    A policy goes live only if it is not worse on logged decisions.
    """
    from pipelines.measurement.policy_evaluation.policy_operations import run_promote_policy
    from pipelines.model_training.model_operations import run_promote, run_roll_back
    from pipelines.model_training.pair_registration import roll_back_pair

    house = opened(shop)
    says = who or account()
    name = None if label is None else _named(label)
    if policy is not None:
        if label is not None or roll_back:
            raise BadInput("a policy and a model were named at once", fix="promote one at a time")
        verdict = run_promote_policy(house, policy, reason=reason, now=now(), who=says, accept_unknown=accept_unknown, runs=decisions or ())
        audited(house, "promote", now(), detail="policy")
        typer.echo(f"{verdict.to_text()}\n{policy} is live")
        return
    if pair is not None:
        if not roll_back or name is not None:
            raise BadInput(
                "--pair names what to roll back, and nothing beside it",
                fix="otokui promote --roll-back --pair response --reason WHY, or otokui promote response VERSION --reason WHY",
            )
        name = pair
    if roll_back and isinstance(name, PairModel):
        gone, back = roll_back_pair(house, name, reason=reason, now=now(), who=says)
        audited(house, "promote", now(), detail=f"{name} back from {gone[:12]}")
        then = "none speaks now" if back is None else f"{back[:12]} speaks again"
        typer.echo(f"{name}: {gone[:12]} is withdrawn; {then}")
        return
    moved: Sequence[tuple[ModelName, str]]
    if roll_back:
        labels = (name,) if isinstance(name, Label) else None
        moved = list(run_roll_back(house, reason=reason, now=now(), labels=labels, who=says).items())
    elif name is not None and version is not None:
        moved = [(name, run_promote(house, name, version, reason=reason, now=now(), who=says, despite_gate=despite_gate))]
    else:
        raise BadInput(
            "promote needs a model and a version, --roll-back, or --policy FILE", fix="otokui promote churn 3 --shop SHOP --reason WHY"
        )
    audited(house, "promote", now(), detail=", ".join(f"{each} {digest[:12]}" for each, digest in moved))
    typer.echo("\n".join(f"{each}: {digest[:12]} is live" for each, digest in moved))


def _named(text: str) -> ModelName:
    if text not in NAMES:
        raise BadInput(f"{text!r} is no model", fix=f"name one of {', '.join(NAMES)}")
    return PairModel(text) if text in tuple(PairModel) else Label(text)


@app.command("predict")
@verb
def predict_(
    shop: ShopOption, as_of: AsOf, out: Annotated[Path, typer.Option(help="the Parquet file to write")], as_json: JsonOption = False
) -> None:
    """Write one row of predictions for every customer known before a date."""
    from pipelines.decision_run.decision_operations import run_predict
    from scoring.model_files.shortage import sentences

    house = opened(shop)
    done = run_predict(house, as_of=instant(as_of, house), out=out)
    lines = [f"{counted(done.rows, 'customer')} in {done.path}", *(f"not predicted: {label}: {why}" for label, why in done.missing.items())]
    lines += sentences(done.pooled)
    if done.extrapolated:
        lines.append(f"extrapolated: {', '.join(f'{h} days' for h in done.extrapolated)}: {done.how}")
    summary = {
        "rows": done.rows,
        "path": str(done.path),
        "missing": done.missing,
        "pooled": {str(label): why for label, why in done.pooled.items()},
        "models": done.models,
    }
    show(summary | {"extrapolated_days": done.extrapolated, "extrapolated_how": done.how}, as_json, "\n".join(lines))


@app.command("forecast")
@verb
def forecast_(
    shop: ShopOption,
    as_of: AsOf,
    out: Annotated[Path | None, typer.Option(help="the JSON file to write (default: SHOP/forecast.json, which the report shows)")] = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast orders and revenue of the next 30, 60 and 90 days, with intervals.

    The interval comes from tests on earlier months.
    """
    from pipelines.analytics import sales_forecast
    from pipelines.analytics.base_operations import run_forecast

    house = opened(shop)
    path = out or shop / sales_forecast.FILE_NAME

    def tested(done: int, of: int) -> None:
        typer.echo(f"tested {done} of {of}", err=True)

    report = run_forecast(house, as_of=instant(as_of, house), out=path, progress=tested)
    show(report, as_json, f"{sales_forecast.text(report)}\nin {path}")


@app.command("factors")
@verb
def factors_(
    shop: ShopOption,
    as_of: AsOf,
    out: Annotated[Path | None, typer.Option(help="the folder to write (default: SHOP/factors, which the report shows)")] = None,
    as_json: JsonOption = False,
) -> None:
    """List drivers of loyalty, customers who lack one, and churn signals.

    Only a driver that a contact could ask for.
    """
    from pipelines.analytics import drivers
    from pipelines.analytics.base_operations import run_factors

    house = opened(shop)
    folder = out or shop / "factors"
    report = run_factors(house, as_of=instant(as_of, house), out=folder)
    show(report, as_json, drivers.text(report, folder))
