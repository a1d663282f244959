"""Build of a shop's report: figures from files, and the page to disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from adapters.shop_files.results_file import results_path
from analysis.customer_base import base_figures
from decisions.compiler.compile_policy import reasons_of
from decisions.wording.titles import title_of
from otokui.domain import Instant, Label
from otokui.errors import NotEnoughData, Unavailable
from otokui.ports.models import ModelFiles
from otokui.settings.settings import Settings
from otokui.wording.i18n import Text
from pipelines.report.data_quality import findings_of, tables_of
from pipelines.report.decision_summary import decided_figures
from pipelines.report.forecast_section import ForecastSection, outlook_of
from pipelines.report.models.model_cards import in_order, model_line
from pipelines.report.models.training_artifacts import evaluation_of, plots_of, refused_of
from pipelines.report.results_section import ResultsSection, results_of
from pipelines.report.view_model import DataQualityIssue, ReportInput, TableLine
from pipelines.report.wording.column_names import Columns
from pipelines.shop.shop import Shop
from pipelines.summaries.purchase_table import purchases


def gather(
    settings: Settings,
    *,
    written_at: Instant,
    as_of: Instant,
    tables: Sequence[TableLine] = (),
    findings: Sequence[DataQualityIssue] = (),
    purchases: pl.DataFrame | None = None,
    models: Mapping[Label, ModelFiles] | None = None,
    plots: Mapping[Label, Mapping[str, bytes]] | None = None,
    evaluations: Mapping[Label, Mapping[str, Any]] | None = None,
    untrained: Mapping[str, str] | None = None,
    decisions: Path | None = None,
    outlook: ForecastSection | None = None,
    results: ResultsSection | None = None,
) -> ReportInput:
    """Gather the figures of the report; parts without data stay empty.

    purchases: customer_id, purchased_at, paid_amount (``pipelines.summaries.purchase_table``); models: the live ones by label;
    plots and evaluations: what training left beside them (``report.models``);
    decisions: the folder of a finished `otokui decide`; outlook: what lies ahead (``report.outlook``);
    results: what `otokui measure` kept.
    """
    columns = Columns(settings.records.attributes)
    lines = [
        model_line(
            files,
            hashlib.sha256(files.manifest.encode()).hexdigest(),
            columns.name,
            (plots or {}).get(label, {}),
            (evaluations or {}).get(label, {}),
        )
        for label, files in (models or {}).items()
    ]
    enough = purchases is not None and not purchases.filter(pl.col("purchased_at") < as_of).is_empty()
    return ReportInput(
        shop=settings.shop.name,
        currency=settings.shop.currency,
        timezone=settings.shop.timezone,
        written_at=written_at,
        tables=tables,
        findings=findings,
        base=base_figures(purchases, as_of, settings.shop.timezone) if purchases is not None and enough else None,
        models=in_order([line for line in lines if line.speaks]),
        untrained={str(line.label): line.not_enough for line in lines if not line.speaks} | dict(untrained or {}),
        decided=None if decisions is None else decided_figures(decisions, settings.shop.timezone, reasons_of(settings)),
        titles=titles(settings),
        outlook=outlook or ForecastSection(),
        results=results,
    )


def titles(settings: Settings) -> dict[str, Text]:
    """Return the title of each message, channel and scenario, by its name.

    A scenario is called by its first message.
    """
    messages = {message.message_id: title_of(message.title, message.title_ja) for message in settings.messages}
    scenarios = {message.scenario: messages[message.message_id] for message in reversed(settings.messages)}
    return scenarios | messages | {channel.name: title_of(channel.title, channel.title_ja) for channel in settings.channels}


def write(html: str, path: Path) -> None:
    """Put the page where it was asked for; a reader never sees half of it.

    Raises:
        Unavailable: it cannot be written there.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.write_text(html, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise Unavailable(
            f"{path} cannot be written ({error.strerror})", fix="name a file in a folder that exists and has room: --out"
        ) from None


TRAINING = "training"


def shop_report(shop: Shop, *, as_of: Instant, now: Instant, decisions: Path | None = None) -> ReportInput:
    """Gather the report of a shop as of an instant.

    decisions: the folder of a finished `otokui decide`; by default the newest of SHOP/decisions.
    """
    try:
        bought = purchases(shop.records, as_of)
    except NotEnoughData:
        bought = None
    digests = shop.models.digests(as_of)
    training_folder = shop.folder / TRAINING
    return gather(
        shop.settings,
        written_at=now,
        as_of=as_of,
        tables=tables_of(shop.records, as_of, shop.folder / "quarantine"),
        findings=findings_of(shop.folder / "quarantine"),
        purchases=bought,
        models={label: shop.models.read(label, digest) for label, digest in digests.items()},
        plots={label: plots_of(training_folder, label, digest) for label, digest in digests.items()},
        evaluations={label: evaluation_of(training_folder, label, digest) for label, digest in digests.items()},
        untrained={label: why for label, why in refused_of(training_folder).items() if label not in {str(known) for known in digests}},
        decisions=decisions or newest_run(shop.folder / "decisions"),
        outlook=outlook_of(shop.folder / "forecast.json", shop.folder / "factors" / "factors.json", as_of, shop.settings),
        results=results_of(results_path(shop.folder), as_of),
    )


def newest_run(folder: Path) -> Path | None:
    """Return the newest finished run in ``folder`` or right below it.

    None where there is none.
    """
    finished = [*folder.glob("manifest.json"), *folder.glob("*/manifest.json")]
    return max(finished, key=lambda manifest: (manifest.stat().st_mtime_ns, str(manifest))).parent if finished else None
