"""Files of the naive service: vectors in Feast on SQLite, three pyfunc models.

It is given the features that hold anything in the shop, so that both services know the same of a customer.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.models.store.champions import ModelFolder
from adapters.online_store.snapshot_reader import SnapshotStore
from features import derive, summary_names
from otokui.domain import Instant

LEAST_FEATURES = 60


def naive_files(shop: Path, folder: Path, ids: list[str], cutoff: Instant) -> None:
    """Write the naive service's files for a shop, with as many trees."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "feast").mkdir(parents=True)
    vectors = derive(SnapshotStore(shop / "online", summary_names()).fetch(ids), cutoff)
    full = np.flatnonzero(~np.isnan(vectors.values).all(axis=0))
    assert len(full) >= LEAST_FEATURES, len(full)
    print(f"the naive service reads {len(full)} features by name", file=sys.stderr)
    columns = [vectors.names[i] for i in full]
    (folder / "columns.txt").write_text("\n".join(columns), encoding="utf-8")
    _feast(folder / "feast", ids, vectors.values[:, full], columns, cutoff)
    _models(shop, folder, vectors.values[:, full], columns)


def _feast(folder: Path, ids: list[str], values: np.ndarray, columns: list[str], cutoff: Instant) -> None:
    from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast.types import Float64

    at = datetime.fromtimestamp(cutoff, UTC)
    table = {"customer_id": ids, "event_timestamp": pa.array([at] * len(ids), pa.timestamp("us", "UTC"))}
    pq.write_table(pa.table(table | {name: values[:, i] for i, name in enumerate(columns)}), folder / "vectors.parquet")
    settings = {
        "project": "naive",
        "provider": "local",
        "registry": str(folder / "registry.db"),
        "offline_store": {"type": "duckdb"},
        "online_store": {"type": "sqlite", "path": str(folder / "online.db")},
        "entity_key_serialization_version": 3,
    }
    (folder / "feature_store.yaml").write_text(json.dumps(settings), encoding="utf-8")
    customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
    view = FeatureView(
        name="vectors",
        entities=[customer],
        schema=[Field(name=name, dtype=Float64) for name in columns],
        source=FileSource(path=str(folder / "vectors.parquet"), timestamp_field="event_timestamp"),
        ttl=timedelta(0),
    )
    with contextlib.redirect_stdout(sys.stderr):
        store = FeatureStore(repo_path=str(folder))
        store.apply([customer, view, FeatureService(name="vectors", features=[view])])
        store.materialize(at - timedelta(days=1), at + timedelta(seconds=1))


def _models(shop: Path, folder: Path, values: np.ndarray, columns: list[str]) -> None:
    import mlflow.lightgbm

    live = ModelFolder(shop / "models").live()
    trees = max(files.text.count("\nTree=") for files in live.values())
    rng = np.random.default_rng(1)
    score = np.nan_to_num(values[:, :3]).sum(axis=1)
    likely = (score + rng.normal(size=len(score)) * score.std() > np.median(score)).astype(float)
    for name, target, objective in (
        ("buys", likely, "binary"),
        ("leaves", 1.0 - likely, "binary"),
        ("spends", np.abs(score), "regression"),
    ):
        parameters = {"objective": objective, "num_leaves": 31, "num_threads": 1, "verbose": -1, "min_data_in_leaf": 5}
        booster = lightgbm.train(parameters, lightgbm.Dataset(values, target, feature_name=columns), max(trees, 20))
        mlflow.lightgbm.save_model(booster, str(folder / name))
