"""Canary check of a model on extreme rows: `python -m scoring.canary FOLDER`.

It runs in a child process: LightGBM's loader can crash or hang on a text with a correct checksum and a faulty writer; a child process
with a time-out (the caller's) fails instead of the service. Exit 0: the model scores. Exit 1: it does not; the error states the reason.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from otokui.domain import Instant, Label
from otokui.errors import BrokenModel, Missing, OtokuiError
from otokui.frames import Batch, Floats, texts
from otokui.ports.models import ModelFiles
from otokui.settings.definitions import Definitions
from scoring.model_files.loader import Model, ModelSet, load
from scoring.pair_models.product_ranking import Ranking, load_ranking
from scoring.pair_models.uplift import UpliftModel, load_response
from scoring.predict import predict

HORIZONS = (1, 7, 30, 90, 365, 4_000)
MANIFEST, TEXT = "manifest.json", "model.txt"


def canary_rows(names: tuple[str, ...]) -> Batch:
    """Return eight canary customers with extreme values.

    Nothing known, zeros, ones, large, negative, a regular, one purchase, a heavy buyer.
    """
    rows = [np.full(len(names), fill) for fill in (np.nan, 0.0, 1.0, 1e12, -1e6, 3.0, 0.5, np.nan)]
    known = (
        ("purchase_count", (np.nan, 0.0, 1.0, 1e6, 2.0, 12.0, 1.0, 5_000.0)),
        ("recency_days", (np.nan, np.nan, 0.0, 0.0, 9_000.0, 20.0, 400.0, 0.5)),
        ("tenure_days", (np.nan, np.nan, 0.0, 1e5, 9_999.0, 350.0, 400.0, 700.0)),
    )
    values = np.stack(rows)
    for name, column in known:
        if name in names:
            values[:, names.index(name)] = column
    return Batch(texts([f"canary-{i}" for i in range(len(rows))]), names, values)


def _within(name: str, values: Floats, low: float, high: float) -> None:
    if not (np.isfinite(values).all() and (values >= low).all() and (values <= high).all()):
        raise BrokenModel(f"on the canary rows {name} is not finite or outside [{low:g}, {high:g}]", fix="keep the model that is live")


def canary(model: Model) -> None:
    """Score the canary rows and check that every prediction is finite and in range.

    Raises:
        BrokenModel: one is not; the error names the prediction.
    """
    label = model.manifest.label
    definitions = Definitions() if model.manifest.loyal_rule is None else Definitions(loyal=model.manifest.loyal_rule)
    predictions = predict(
        canary_rows(model.manifest.features), ModelSet({label: model}), as_of=Instant(0), horizons_days=HORIZONS, definitions=definitions
    )
    if label is Label.NEXT_PURCHASE:
        _within("p_purchase", predictions.p_purchase, 0.0, 1.0)
        _within("the rise of p_purchase", np.diff(predictions.p_purchase, axis=1), 0.0, 1.0)
        _within("days_to_next_median", predictions.days_to_next_median, 0.0, 3_650.0)
        if model.manifest.habits is not None:
            _within("the weekday of the next purchase", np.asarray(predictions.weekday), 0.0, 1.0)
            _within("the hours of the next purchase", np.asarray(predictions.hours), 0.0, 1.0)
    elif label is Label.PURCHASE_COUNT:
        _within("expected_purchases", predictions.expected_purchases, 0.0, 1e9)
    elif label is Label.SPEND:
        _within("expected_spend", predictions.expected_spend, 0.0, 1e30)
    elif label is Label.CHURN:
        _within("churn_probability", predictions.churn_probability, 0.0, 1.0)
    else:
        _within("future_loyal_probability", predictions.future_loyal_probability, 0.0, 1.0)


def canary_response(response: UpliftModel) -> None:
    """Check on the canary rows that every customer column of a response model is finite.

    Raises:
        BrokenModel: one is not.
    """
    _within("a customer column", response.columns(canary_rows(response.manifest.features)), -1e12, 1e12)


def canary_ranking(ranking: Ranking) -> None:
    """Rank the canary rows and check that every score is finite.

    Raises:
        BrokenModel: one is not.
    """
    scores = ranking.booster.predict(canary_rows(ranking.manifest.columns).values, raw_score=True, num_threads=1)
    _within("a product's score", np.asarray(scores, dtype=np.float64), -1e12, 1e12)


def models_in(folder: Path) -> list[ModelFiles]:
    """Return the model files of a folder, or of its subfolders.

    They are manifest.json and model.txt.

    Raises:
        Missing: there is none.
    """
    places = [folder, *sorted(p for p in folder.iterdir() if p.is_dir())] if folder.is_dir() else []
    files = [
        ModelFiles((place / MANIFEST).read_text(encoding="utf-8"), (place / TEXT).read_text(encoding="utf-8"))
        for place in places
        if (place / MANIFEST).is_file() and (place / TEXT).is_file()
    ]
    if not files:
        raise Missing(f"no {MANIFEST} with {TEXT} lies in {folder}", fix="name the folder of an exported model")
    return files


def main(arguments: list[str]) -> int:
    """Check every model of the folder named; return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m scoring.canary FOLDER\n")
        return 2
    try:
        for files in models_in(Path(arguments[0])):
            if '"kind": "response"' in files.manifest:
                canary_response(load_response(files))
                continue
            if '"kind": "product_ranking"' in files.manifest:
                canary_ranking(load_ranking(files))
                continue
            model = load(files)
            canary(model)
            sys.stdout.write(f"{model.ref} scores\n")
    except (OtokuiError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
