"""A Feast user reads what Otokui materialised, with the SDK alone: named columns point in time, one value a customer online."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from adapters.online_store.feast_values import decode
from adapters.online_store.snapshot_reader import schema_tag
from otokui.domain import Instant
from otokui.errors import Unavailable
from otokui.frames import Batch, texts

pytestmark = pytest.mark.slow

NAMES = ("purchase_count", "paid_sum")
MARCH, APRIL = Instant(1_740_787_200), Instant(1_743_465_600)  # 2025-03-01, 2025-04-01 UTC


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that was materialised at two cut-offs."""
    from adapters.online_store.feast_writer import write_feast

    folder = tmp_path_factory.mktemp("feast")
    for at, values in ((MARCH, [[1.0, 100.0], [2.0, np.nan]]), (APRIL, [[3.0, 300.0], [2.0, np.nan]])):
        part = Batch(texts(["ada", "bob"]), NAMES, np.array(values))
        write_feast(iter([part]), folder, NAMES, at, project="shop one", says={"paid_sum": "money, all time"})
    return folder


def test_named_columns_are_read_as_they_stood_at_each_instant(repository: Path) -> None:
    """A training set of Feast's own sees March's row in March, and nothing before the first."""
    import pandas as pd
    from feast import FeatureStore

    store = FeatureStore(repo_path=str(repository))
    asked = pd.DataFrame(
        {
            "customer_id": ["ada", "ada", "ada", "bob"],
            "event_timestamp": [datetime(2025, month, 2, tzinfo=UTC) for month in (2, 3, 4, 4)],
        }
    )

    found = store.get_historical_features(features=store.get_feature_service("customer_summaries"), entity_df=asked).to_df()

    rows = found.sort_values(["customer_id", "event_timestamp"])
    assert rows["purchase_count"].fillna(-1.0).tolist() == [-1.0, 1.0, 3.0, 2.0]
    assert rows["paid_sum"].fillna(-1.0).tolist() == [-1.0, 100.0, 300.0, -1.0]


def test_the_online_value_is_read_by_its_feature_service(repository: Path) -> None:
    """One value a customer, which says whose it is and of when; a stranger has none."""
    from feast import FeatureStore

    store = FeatureStore(repo_path=str(repository))
    rows = [{"customer_id": "ada"}, {"customer_id": "nobody"}]

    values = store.get_online_features(features=store.get_feature_service("customer_online"), entity_rows=rows).to_dict()["packed"]

    summarised_at, row = decode(values[0], "ada", schema_tag(NAMES), 2)
    assert (summarised_at, row.tolist(), values[1]) == (1_743_465_600, [3.0, 300.0], None)


def test_the_registry_holds_no_code(repository: Path) -> None:
    """On-demand views and their functions would run when somebody opens it."""
    from feast import FeatureStore

    store = FeatureStore(repo_path=str(repository))

    assert store.list_on_demand_feature_views() == []
    assert store.list_stream_feature_views() == []
    assert {view.name: [field.description for field in view.schema if field.name == "paid_sum"] for view in store.list_feature_views()} == {
        "customer_summaries": ["money, all time"],
        "customer_online": [],
    }


def test_a_registry_that_somebody_else_wrote_is_not_opened(repository: Path, tmp_path: Path) -> None:
    """Its digest stands in our manifest."""
    import shutil

    from adapters.online_store.feast_reader import FeastStore

    copied = tmp_path / "copied"
    shutil.copytree(repository, copied)
    (registry,) = copied.glob("registry-*.db")
    registry.write_bytes(registry.read_bytes() + b"x")

    with pytest.raises(Unavailable, match="not the one Otokui wrote"):
        FeastStore(copied, NAMES, project="shop one")


def test_rows_that_feast_drops_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Feast says nothing when a write is lost; every customer is read back before the manifest names the new cut-off."""
    from adapters.online_store import feast_writer

    real = feast_writer.stored_values
    monkeypatch.setattr(feast_writer, "stored_values", lambda *asked: [None, *real(*asked)[1:]])
    part = Batch(texts(["ada", "bob"]), NAMES, np.ones((2, 2)))

    with pytest.raises(Unavailable, match="2 customers were written and 1 can be read back"):
        feast_writer.write_feast(iter([part]), tmp_path, NAMES, APRIL, project="shop")

    assert not (tmp_path / "manifest.json").exists()
