"""Feast objects of Otokui, generated from the summary columns: entity, views, services.

One entity, two views, two services. There is no on-demand view and no user-defined function: the registry would store it as code and
run it on loading (CVE-2026-18948). ``features.derive`` computes vectors from the rows read (docs/how-to/read-with-feast.md).

::

    online/feast/manifest.json           what is served: cut-off, columns, rows, the registry and its SHA-256
    online/feast/registry-<sha>.db       the definitions
    online/feast/feature_store.yaml      for a Feast user: FeatureStore(repo_path="SHOP/online/feast")
    online/feast/online.db               the online store, where it is SQLite
    online/feast/named/<cutoff>.parquet  offline: named columns, one file a cut-off, for point-in-time reads
    online/feast/packed/<cutoff>.parquet what is materialised: one value a customer
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.data_format import ParquetFormat
from feast.types import Bytes, Float64, PrimitiveFeastType

NAMED: Final = "customer_summaries"
"""View and feature service of the named columns: for people and notebooks, offline and point in time."""

PACKED: Final = "customer_online"
"""View and feature service of the one packed value: what the service reads."""

VALUE: Final = "packed"
KEY: Final = "customer_id"
TIME: Final = "event_timestamp"

_WRITE_ROWS: Final = 10_000


def configuration(folder: Path, project: str, online: str, registry: Path) -> dict[str, Any]:
    """Return the contents of ``feature_store.yaml``.

    online: ``sqlite``, or a Redis connection string ``host:port``. Offline is DuckDB: the file store drops
    rows whose only features lie in the future.
    """
    store: dict[str, Any] = (
        {"type": "sqlite", "path": str(folder / "online.db")}
        if online == "sqlite"
        # Redis would otherwise keep the old value when the same cut-off is published again, corrected.
        else {"type": "redis", "connection_string": online, "skip_dedup": True}
    )
    return {
        "project": project_name(project),
        "provider": "local",
        # The registry is read once, after its digest was checked, and never refreshed.
        "registry": {"path": str(registry), "cache_ttl_seconds": 0},
        "offline_store": {"type": "duckdb"},
        "online_store": store,
        "materialization": {"online_write_batch_size": _WRITE_ROWS},
        "entity_key_serialization_version": 3,
    }


def opened(config: dict[str, Any]) -> FeatureStore:
    """Return the Feast store of a configuration."""
    return FeatureStore(config=RepoConfig(**config))


def stored_values(store: FeatureStore, service: FeatureService, customer_ids: Sequence[str]) -> list[bytes | None]:
    """Return the packed value of each customer, None where there is none; unchecked (feast_values.decode)."""
    response = store.get_online_features(features=service, entity_rows=[{KEY: customer_id} for customer_id in customer_ids])
    values: list[bytes | None] = response.to_dict()[VALUE]
    return values


def project_name(shop: str) -> str:
    """Return the shop's name in characters that Feast accepts."""
    return "otokui_" + (re.sub(r"[^0-9a-zA-Z_]", "_", shop) or "shop")


def definitions(folder: Path, names: tuple[str, ...], says: dict[str, str]) -> list[Any]:
    """Return all objects of the repository: entity, views, feature services.

    names: the summary columns; says: the meaning of each, from the feature catalogue.
    """
    customer = Entity(name="customer", join_keys=[KEY], value_type=ValueType.STRING, description="the shop's pseudonymous customer id")
    named = _view(NAMED, customer, [(name, Float64, says.get(name, "")) for name in names], folder / "named")
    packed = _view(PACKED, customer, [(VALUE, Bytes, "summary row: header, id, little-endian float64")], folder / "packed")
    return [
        customer,
        named,
        packed,
        FeatureService(name=NAMED, features=[named], description="every summary column by name (offline, point in time)"),
        FeatureService(name=PACKED, features=[packed], description="the packed summary that the service reads (online)"),
    ]


def _view(name: str, entity: Entity, columns: list[tuple[str, PrimitiveFeastType, str]], folder: Path) -> FeatureView:
    return FeatureView(
        name=name,
        entities=[entity],
        # Facts of a summary stay true, so it does not expire; the policy sets its maximum age.
        ttl=timedelta(0),
        schema=[Field(name=column, dtype=kind, description=text) for column, kind, text in columns],
        source=FileSource(name=f"{name}_files", path=str(folder / "*.parquet"), timestamp_field=TIME, file_format=ParquetFormat()),
        online=name == PACKED,
    )
