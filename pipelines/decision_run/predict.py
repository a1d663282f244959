"""One row of predictions for every customer known before an instant, as a Parquet file.

Uses only what was known then, models included: a model that has seen later records is passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from otokui.domain import Instant, Label
from otokui.errors import Missing
from otokui.frames import Batch, Predictions
from otokui.settings.definitions import Definitions
from scoring.model_files.loader import ModelSet
from scoring.score import predict_summaries


@dataclass(frozen=True, slots=True)
class Predicted:
    """Result of a prediction run: rows, labels without predictions and why, models used.

    pooled: by label, what there was too little of for trees, of the models that spoke all the same.
    extrapolated: horizons longer than the labels the model of the next purchase learnt from; how: in which way.
    """

    path: Path
    rows: int
    missing: dict[str, str]
    models: dict[str, str]
    extrapolated: tuple[int, ...] = ()
    how: str = ""
    pooled: dict[Label, str] = field(default_factory=dict)


def predict_base(
    summaries: Iterable[Batch],
    models: ModelSet,
    out: Path,
    *,
    as_of: Instant,
    horizons_days: tuple[int, ...],
    definitions: Definitions,
    timezone: str,
) -> Predicted:
    """Predict the base chunk by chunk into one Parquet file, whole or not at all.

    Raises:
        Missing: no model is live that used only what was known by ``as_of``.
    """
    if not models.models:
        raise Missing(
            "no model was trained on what was known by then",
            fix="run `otokui train --shop SHOP --cutoff DATE` with a date not after --as-of",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(f".{out.name}.{os.getpid()}.part")
    rows, missing, writer = 0, {}, None
    try:
        for chunk in summaries:
            _, predictions = predict_summaries(
                chunk, models, as_of=as_of, timezone=timezone, horizons_days=horizons_days, definitions=definitions
            )
            table = predictions_table(predictions)
            writer = writer or pq.ParquetWriter(aside, table.schema, compression="zstd")
            writer.write_table(table)
            rows, missing = rows + len(predictions), predictions.missing
        if writer is None:
            raise Missing("no customer was known before that", fix="choose a later --as-of, or ingest earlier records")
        writer.close()
        aside.replace(out)
    finally:
        if writer is not None:
            writer.close()
        aside.unlink(missing_ok=True)
    curve = models.models.get(Label.NEXT_PURCHASE)
    beyond = tuple(h for h in horizons_days if curve is not None and h > curve.manifest.periods[-1])
    used = {str(label): model.digest for label, model in models.models.items()}
    return Predicted(out, rows, missing, used, beyond, curve.manifest.tail if curve is not None and beyond else "", models.baselines)


def predictions_table(predictions: Predictions) -> pa.Table:
    """Return predictions as a table: instants as UTC timestamps, what cannot be said as null."""
    columns = {}
    for name, values in predictions.columns().items():
        if name == "as_of":
            columns[name] = pa.array(values, type=pa.int64()).cast(pa.timestamp("s", tz="UTC"))
        elif values.dtype.kind == "f":
            columns[name] = pa.array(values, type=pa.float64(), from_pandas=True)
        else:
            columns[name] = pa.array(values.tolist() if values.dtype == object else values)
    return pa.table(columns)
