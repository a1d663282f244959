"""The small ledger, open for one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.ledger import SqlLedger
from tests.unit.adapters.ledger.small_ledger import opened


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    """An empty ledger."""
    with opened(tmp_path) as made:
        yield made
