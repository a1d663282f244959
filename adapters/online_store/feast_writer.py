"""Materialisation through Feast: Parquet for the offline store, one packed value a customer online.

Feast gives no error when it drops rows, so every customer is read back and counted before the manifest names
the new cut-off. Until then readers use the old one.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from feast import FeatureStore

from adapters.online_store.feast_definitions import KEY, NAMED, PACKED, TIME, VALUE, configuration, definitions, opened, stored_values
from adapters.online_store.feast_manifest import MANIFEST, version_of
from adapters.online_store.feast_values import encode
from adapters.online_store.snapshot_reader import digest_of, schema_tag
from otokui.domain import Instant
from otokui.errors import SkewError, Unavailable
from otokui.frames import Batch

_READ_BACK = 1_000
_PROBES = 8


def write_feast(
    parts: Iterator[Batch],
    folder: Path,
    names: tuple[str, ...],
    summarised_at: Instant,
    *,
    project: str,
    online: str = "sqlite",
    says: dict[str, str] | None = None,
) -> tuple[str, int]:
    """Write summaries offline, materialise them online and check every row.

    Returns the version and the number of rows.
    says: the meaning of each column, for the registry.

    Raises:
        SkewError: a part has other columns than ``names``.
        Unavailable: the online store cannot be written, or does not hold what was written.
    """
    rows = _write_files(parts, folder, names, summarised_at)
    temporary = folder / f".registry.{os.getpid()}.part"
    temporary.unlink(missing_ok=True)
    at = datetime.fromtimestamp(summarised_at, UTC)
    # Feast prints its progress to stdout, which belongs to results.
    with contextlib.redirect_stdout(sys.stderr):
        store = opened(configuration(folder, project, online, temporary))
        store.apply(definitions(folder, names, says or {}))
        try:
            store.materialize(at - timedelta(days=1), at + timedelta(seconds=1), feature_views=[PACKED])
            stored_rows = _count_held(store, folder / "packed" / f"{summarised_at}.parquet")
        except Exception as error:  # Feast passes on any error of its stores
            raise Unavailable(f"the online store could not be written: {error}", fix="check that it runs and has room") from error
    if stored_rows != rows:
        raise Unavailable(f"{rows} customers were written and {stored_rows} can be read back", fix="run `otokui materialise` again")
    digest = digest_of(temporary)
    registry = folder / f"registry-{digest[:12]}.db"
    temporary.replace(registry)
    manifest = {
        "summarised_at": int(summarised_at),
        "schema": schema_tag(names),
        "names": list(names),
        "rows": rows,
        "registry": digest,
        "registry_file": registry.name,
        "services": [NAMED, PACKED],
        "probes": _probes(folder / "packed" / f"{summarised_at}.parquet"),
    }
    _write(folder / MANIFEST, json.dumps(manifest, indent=1))
    # JSON is YAML too, and needs no further library.
    _write(folder / "feature_store.yaml", json.dumps(configuration(folder, project, online, registry), indent=1))
    for old in folder.glob("registry-*.db"):
        if old != registry:
            old.unlink()
    return version_of(manifest), rows


def _write_files(parts: Iterator[Batch], folder: Path, names: tuple[str, ...], summarised_at: Instant) -> int:
    for kind in ("named", "packed"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    key = [pa.field(KEY, pa.string()), pa.field(TIME, pa.timestamp("us", "UTC"))]
    schemas = {
        "named": pa.schema([*key, *(pa.field(name, pa.float64()) for name in names)]),
        "packed": pa.schema([*key, pa.field(VALUE, pa.binary())]),
    }
    # The name is not *.parquet until the file is complete, so that no reader's glob meets half of it.
    temporary = {kind: folder / kind / f".{summarised_at}.{os.getpid()}.part" for kind in schemas}
    tag, total = schema_tag(names), 0
    try:
        with (
            pq.ParquetWriter(temporary["named"], schemas["named"]) as named,
            pq.ParquetWriter(temporary["packed"], schemas["packed"]) as packed,
        ):
            for part in parts:
                if part.names != names:
                    raise SkewError(f"a part has {len(part.names)} columns, not the {len(names)} expected", fix="summarise with this build")
                ids = pa.array(part.customer_ids.tolist(), pa.string())
                when = pa.array(np.full(len(part), summarised_at * 1_000_000), pa.timestamp("us", "UTC"))
                columns = [pa.array(part.values[:, i], from_pandas=True) for i in range(len(names))]
                named.write_table(pa.table([ids, when, *columns], schema=schemas["named"]))
                packed.write_table(pa.table([ids, when, pa.array(encode(part, tag, summarised_at), pa.binary())], schema=schemas["packed"]))
                total += len(part)
        for kind, path in temporary.items():
            path.replace(folder / kind / f"{summarised_at}.parquet")
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)
    for old in (folder / "packed").glob("*.parquet"):
        if old.name != f"{summarised_at}.parquet":
            old.unlink()
    return total


def _count_held(store: FeatureStore, packed: Path) -> int:
    held, service = 0, store.get_feature_service(PACKED)
    with pq.ParquetFile(packed) as file:
        for part in file.iter_batches(batch_size=_READ_BACK, columns=[KEY, VALUE]):
            wrote = part.column(1).to_pylist()
            got = stored_values(store, service, part.column(0).to_pylist())
            held += sum(one == other for one, other in zip(wrote, got, strict=True))
    return held


def _probes(packed: Path) -> list[str]:
    """Return sample customers, by which the service probes the online store."""
    with pq.ParquetFile(packed) as file:
        first = next(file.iter_batches(batch_size=_PROBES, columns=[KEY]), None)
    return [] if first is None else [str(customer_id) for customer_id in first.column(0).to_pylist()]


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
