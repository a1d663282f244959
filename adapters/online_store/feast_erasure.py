"""Deletion of customers from Feast's online store, under the keys that Feast itself writes.

Feast has no call that deletes one entity of a view. In SQLite an entity's rows go from the tables of its project; in Redis the hash of
the entity goes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.helpers import _redis_key
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value

from adapters.online_store.feast_definitions import KEY, opened
from otokui.errors import Unavailable

_VERSION: Final = 3


def delete_online(folder: Path, customer_ids: Sequence[str]) -> int:
    """Delete customers from the online store of a repository.

    The number of values that went is returned.

    Raises:
        Unavailable: the store cannot be written.
    """
    configuration: dict[str, Any] = json.loads((folder / "feature_store.yaml").read_text(encoding="utf-8"))
    keys = [EntityKey(join_keys=[KEY], entity_values=[Value(string_val=customer_id)]) for customer_id in customer_ids]
    if configuration["online_store"]["type"] == "sqlite":
        return _delete_rows(Path(configuration["online_store"]["path"]), keys)
    store = opened(configuration)
    try:
        client = store._get_provider().online_store._get_client(store.config.online_store)  # type: ignore[attr-defined]
        return int(client.delete(*(_redis_key(configuration["project"], key, entity_key_serialization_version=_VERSION) for key in keys)))
    except Exception as error:  # Feast passes on any error of its stores
        raise Unavailable(
            f"the Feast online store did not answer: {type(error).__name__}", fix="check that it runs and is reachable"
        ) from error


def _delete_rows(path: Path, keys: Sequence[EntityKey]) -> int:
    if not path.exists():
        return 0
    serialised = [serialize_entity_key(key, entity_key_serialization_version=_VERSION) for key in keys]
    deleted = 0
    try:
        with closing(sqlite3.connect(path, timeout=30.0)) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                if "entity_key" not in [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]:
                    continue
                marks = ", ".join("?" * len(serialised))
                deleted += connection.execute(f'DELETE FROM "{table}" WHERE entity_key IN ({marks})', serialised).rowcount
            connection.commit()
            if deleted:
                connection.execute("VACUUM")  # earlier values of the same customer may lie in free pages
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise Unavailable(f"the Feast online store cannot be written: {error}", fix="check the file and the disk") from error
    return deleted
