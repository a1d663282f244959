"""Model as an MLflow model folder: model text, manifest, and files for the UI.

The folder is written by hand rather than by ``mlflow.lightgbm.log_model``, for two reasons. That function needs a live Booster, and
LightGBM's loader kills the process on most corrupt texts; and it saves the Booster again, so that the bytes would no longer be those that
the manifest vouches for. The LightGBM flavour of a Booster is native text without pickle, so pointing the flavour at our own file is all
that is left to do.

Two flavours: ``python_function`` names our own loader and answers with calibrated predictions; ``lightgbm`` is the booster alone, for a
data scientist's own use, and its raw score is no prediction. A pair model answers by the same loader, and its flavour ``otokui`` names its
files; a ranking's booster is LightGBM's too, a response model may have two, or none.
"""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from mlflow import pyfunc
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from adapters.models.registry.pyfunc_loader import MANIFEST_FILE, MODULE, TEXT_FILE, outputs, pair_scores
from otokui.domain import Label, ModelName, PairModel
from otokui.errors import BrokenModel
from otokui.frames import Batch
from otokui.ports.models import ModelFiles
from scoring.base_models.btyd import EXTRA

_HEADER_LINES = 30
_RETRAIN = "train it again: `otokui train --shop SHOP`"


def sha256(text: str) -> str:
    """Return the SHA-256 of a file's text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def feature_names(text: str) -> tuple[str, ...]:
    """Return the inputs a LightGBM text names in its header, without loading it.

    Raises:
        BrokenModel: it has no such header.
    """
    for line in text.split("\n", _HEADER_LINES)[:_HEADER_LINES]:
        if line.startswith("feature_names="):
            return tuple(line.removeprefix("feature_names=").split())
    raise BrokenModel("the model text has no LightGBM header", fix=_RETRAIN)


def write_folder(folder: Path, label: ModelName, files: ModelFiles, *, run_id: str, model_id: str, example: Batch | None) -> None:
    """Write one model as a folder for MLflow's UI and `mlflow models serve`.

    example: vectors to show how the model is called, by their medians; inputs they lack are null.

    Raises:
        BrokenModel: the text is not LightGBM's, or not the one that the manifest vouches for.
    """
    names = _inputs(label, files)
    (folder / TEXT_FILE).write_text(files.text, encoding="utf-8", newline="")
    (folder / MANIFEST_FILE).write_text(files.manifest, encoding="utf-8", newline="")
    libraries = [f"{name}=={version(name)}" for name in ("mlflow", "lightgbm", "numpy", "pandas", "scipy")]
    (folder / "requirements.txt").write_text("\n".join(libraries) + "\n", encoding="utf-8")
    (folder / "python_env.yaml").write_text(
        f"python: {platform.python_version()}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n", encoding="utf-8"
    )
    described = Model(
        run_id=run_id,
        model_id=model_id,
        signature=_signature(names, _answers(label, files)),
        metadata={"otokui.label": str(label), "otokui.digest": sha256(files.manifest)},
    )
    if isinstance(label, PairModel):
        described.add_flavor("otokui", kind=str(label), manifest=MANIFEST_FILE, text=TEXT_FILE)
    pyfunc.add_to_model(described, loader_module=MODULE, python_env="python_env.yaml")
    if label is not PairModel.RESPONSE:
        described.add_flavor("lightgbm", lgb_version=version("lightgbm"), data=TEXT_FILE, model_class="lightgbm.basic.Booster", code=None)
    if example is not None and len(example):
        described.saved_input_example_info = _write_example(folder, _aligned(example, names))
    described.model_size_bytes = sum(file.stat().st_size for file in folder.iterdir())
    described.save(str(folder / "MLmodel"))


def _inputs(label: ModelName, files: ModelFiles) -> tuple[str, ...]:
    """Return what is sent to the model, once its text was found to be one."""
    if isinstance(label, PairModel):
        manifest = json.loads(files.manifest)
        if manifest.get("sha256") != sha256(files.text):
            raise BrokenModel(f"the text of the {label} model is not the one its manifest vouches for", fix=_RETRAIN)
        return tuple(manifest.get("features" if label is PairModel.RESPONSE else "columns", ()))
    # The columns of the rhythm are computed from the others by `scoring`: who asks does not send them.
    return tuple(name for name in feature_names(files.text) if name not in EXTRA)


def _answers(label: ModelName, files: ModelFiles) -> tuple[str, ...]:
    """Return the columns that a model answers with."""
    return outputs(label) if isinstance(label, Label) else pair_scores(files).outputs


def _signature(names: tuple[str, ...], answers: tuple[str, ...]) -> ModelSignature:
    return ModelSignature(
        inputs=Schema([ColSpec(DataType.double, name, required=False) for name in names]),
        outputs=Schema([ColSpec(DataType.double, name) for name in answers]),
    )


def _aligned(example: Batch, names: tuple[str, ...]) -> dict[str, Any]:
    """One row of medians: how the model is called can be shown without showing any one customer."""
    row: list[float | None] = []
    for name in names:
        known = example.column(name) if name in example.names else np.empty(0)
        known = known[np.isfinite(known)]
        row.append(float(np.median(known)) if len(known) else None)
    return {"columns": list(names), "data": [row]}


def _write_example(folder: Path, split: dict[str, Any]) -> dict[str, str]:
    (folder / "input_example.json").write_text(json.dumps(split), encoding="utf-8")
    (folder / "serving_input_example.json").write_text(json.dumps({"dataframe_split": split}), encoding="utf-8")
    return {
        "artifact_path": "input_example.json",
        "serving_input_path": "serving_input_example.json",
        "type": "dataframe",
        "pandas_orient": "split",
    }
