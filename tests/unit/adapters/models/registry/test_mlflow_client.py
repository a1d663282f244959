"""Where MLflow's store lies, and that the library is the library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from adapters.models.registry.mlflow_client import MlflowStore, asking
from adapters.models.registry.mlflow_model import feature_names
from otokui.errors import BrokenModel, Missing, Unavailable

ROOT = Path(__file__).parents[4]


def test_import_mlflow_finds_the_library_and_it_sends_nothing_home() -> None:
    """The folder ``mlflow/`` holds no Python; telemetry is off before MLflow is imported, not after."""
    asked = (
        "import adapters.models.registry.mlflow_tracking, mlflow;"
        "from mlflow.telemetry.client import get_telemetry_client as client;"
        "print(mlflow.__file__, client())"
    )
    # As a user's shell has it: MLflow is silent in CI and under pytest anyway.
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)

    path, telemetry = said.stdout.split()
    assert "site-packages" in path
    assert telemetry == "None"
    assert list((ROOT / "mlflow").rglob("*.py")) == []


class TestMlflowStore:
    def test_a_relative_sqlite_path_lies_in_the_shop(self, tmp_path: Path) -> None:
        """Wherever the command is run, the shop's runs stay with the shop."""
        store = MlflowStore.of_shop("sqlite:///mlflow.db", tmp_path)

        assert store.uri == f"sqlite:///{tmp_path.resolve()}/mlflow.db"
        assert store.artifacts == tmp_path.resolve() / "mlartifacts"

    def test_an_absolute_path_stays(self, tmp_path: Path) -> None:
        """Several shops can share one database."""
        assert MlflowStore.of_shop("sqlite:////srv/mlflow.db", tmp_path).uri == "sqlite:////srv/mlflow.db"

    def test_a_server_keeps_its_own_artifacts(self, tmp_path: Path) -> None:
        """Where a server is named, it decides where files go."""
        assert MlflowStore.of_shop("https://mlflow.example", tmp_path) == MlflowStore("https://mlflow.example", None)

    def test_a_password_is_never_shown(self, tmp_path: Path) -> None:
        """The URI stands in every message."""
        store = MlflowStore.of_shop("postgresql+psycopg://otokui:s3cret@db.example/mlflow", tmp_path)

        assert store.shown == "postgresql+psycopg://otokui:***@db.example/mlflow"

    def test_a_database_that_is_not_there_is_said_at_once(self, tmp_path: Path) -> None:
        """MLflow itself would try for minutes; the message names no password."""
        store = MlflowStore.of_shop("postgresql+psycopg://otokui:s3cret@127.0.0.1:1/mlflow", tmp_path)

        with pytest.raises(Unavailable, match=r"cannot be opened") as raised:
            store.client()
        assert "s3cret" not in str(raised.value)


class TestAsking:
    def test_what_is_absent_is_missing(self) -> None:
        """Absent and broken have different fixes."""
        with pytest.raises(Missing, match="has no model x"), asking(MlflowStore("sqlite://", None), "model x"):
            raise MlflowException("no such thing", RESOURCE_DOES_NOT_EXIST)

    def test_a_full_disk_is_unavailable(self) -> None:
        """A failing file system says what to check."""
        with pytest.raises(Unavailable, match="No space left"), asking(MlflowStore("sqlite://", None)):
            raise OSError(28, "No space left on device")


class TestFeatureNames:
    def test_reads_the_header_without_loading(self) -> None:
        """A loader that kills the process is not asked what the inputs are."""
        assert feature_names("tree\nversion=v4\nfeature_names=recency_days paid_sum\n") == ("recency_days", "paid_sum")

    @pytest.mark.parametrize("text", ["", "tree\n", "\n" * 99 + "feature_names=late"])
    def test_what_has_no_header_is_no_model(self, text: str) -> None:
        """Nothing is registered that is not LightGBM's."""
        with pytest.raises(BrokenModel, match="no LightGBM header"):
            feature_names(text)
