"""The report of one shop: looks up where everything lies, gathers, and leaves the rest to the page."""

from __future__ import annotations

from pathlib import Path

from otokui.domain import Instant
from otokui.errors import NotEnoughData
from pipelines.purchases import purchases
from pipelines.report.evidence import evaluation_of, plots_of, refused_of
from pipelines.report.gather import gather
from pipelines.report.inputs import ReportInput
from pipelines.report.outlook import outlook_of
from pipelines.report.records import findings_of, tables_of
from pipelines.wiring import Shop

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
    kept = shop.folder / TRAINING
    return gather(
        shop.settings,
        written_at=now,
        as_of=as_of,
        tables=tables_of(shop.records, as_of, shop.folder / "quarantine"),
        findings=findings_of(shop.folder / "quarantine"),
        purchases=bought,
        models={label: shop.models.read(label, digest) for label, digest in digests.items()},
        plots={label: plots_of(kept, label, digest) for label, digest in digests.items()},
        evaluations={label: evaluation_of(kept, label, digest) for label, digest in digests.items()},
        untrained={label: why for label, why in refused_of(kept).items() if label not in {str(known) for known in digests}},
        decisions=decisions or newest_run(shop.folder / "decisions"),
        outlook=outlook_of(shop.folder / "forecast.json", shop.folder / "factors" / "factors.json", as_of, shop.settings),
    )


def newest_run(folder: Path) -> Path | None:
    """Return the newest finished run in ``folder`` or right below it, None where there is none."""
    finished = [*folder.glob("manifest.json"), *folder.glob("*/manifest.json")]
    return max(finished, key=lambda manifest: (manifest.stat().st_mtime_ns, str(manifest))).parent if finished else None
