"""Databases that contract tests share, made once: a schema takes as long as a hundred of the calls that are tested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.ledgers import emptied, make_schema, migrated


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite ledger without a row, to be copied and never opened."""
    return migrated(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="session")
def _ledger_schema(postgres_server: str) -> Iterator[str]:
    yield from make_schema(postgres_server)


@pytest.fixture
def ledger_schema(_ledger_schema: str) -> str:
    """The URL of a PostgreSQL ledger without a row; tests of one process take turns at it."""
    emptied(_ledger_schema)
    return _ledger_schema
