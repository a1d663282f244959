"""MLflow client: store location, telemetry off, and its failures as our errors.

Tracking and registry share it. Both pass the store explicitly and never set MLflow's process-wide
URIs, so that two shops can train in one process without writing into each other's store.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from otokui.errors import Conflict, Missing, Unavailable

_SQLITE = "sqlite:///"
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND")


@dataclass(frozen=True, slots=True)
class MlflowStore:
    """One MLflow store.

    uri: SQLite or PostgreSQL URL, or the address of an MLflow server; relative SQLite paths are resolved already.
    artifacts: where files of new experiments go; None = the server decides.
    """

    uri: str
    artifacts: Path | None

    @classmethod
    def of_shop(cls, uri: str, shop: Path) -> MlflowStore:
        """Return the store that ``settings.stores.mlflow_uri`` names; relative paths lie in the shop's folder."""
        if uri.startswith(("http://", "https://")):
            return cls(uri, None)
        folder = shop.resolve()
        if uri.startswith(_SQLITE) and not uri.startswith(f"{_SQLITE}/"):
            uri = f"{_SQLITE}{folder / uri.removeprefix(_SQLITE)}"
        return cls(uri, folder / "mlartifacts")

    @property
    def shown(self) -> str:
        """The URI as it may stand in a message: without a password."""
        return re.sub(r"(?<=//)([^/@:]*):[^/@]*@", r"\1:***@", self.uri)

    @property
    def begun(self) -> bool:
        """Whether the store exists; False while the SQLite file is still to be made."""
        return not self.uri.startswith(_SQLITE) or Path(self.uri.removeprefix(_SQLITE)).exists()

    def client(self) -> MlflowClient:
        """Return a client of this store; the first one creates the tables (a few seconds)."""
        # MLflow reads these at each call. Its own default is to ask a dead server for minutes before it says so.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        for name in ("mlflow.store.db.utils", "alembic", "alembic.runtime.migration"):
            logging.getLogger(name).setLevel(logging.WARNING)
        with asking(self):
            self._reachable()
            return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def _reachable(self) -> None:
        """A database is asked once here, because MLflow asks one that does not answer for many minutes."""
        if self.uri.startswith(("http://", "https://", _SQLITE)):
            return
        engine = sqlalchemy.create_engine(self.uri, poolclass=sqlalchemy.NullPool)
        with engine.connect():
            pass

    def experiment(self, client: MlflowClient, name: str) -> str:
        """Return the id of an experiment, made if it is not there.

        Raises:
            Conflict: the experiment was deleted in MLflow; it keeps its name until it is restored or purged.
        """
        with asking(self):
            experiment = client.get_experiment_by_name(name)
            if experiment is not None and experiment.lifecycle_stage == "deleted":
                raise Conflict(
                    f"MLflow experiment {name!r} was deleted",
                    fix=f"restore it (`mlflow experiments restore -x {experiment.experiment_id}`), or purge it with `mlflow gc`",
                )
            if experiment is not None:
                return str(experiment.experiment_id)
            location = None if self.artifacts is None else self.artifacts.as_uri()
            return str(client.create_experiment(name, artifact_location=location))


@contextmanager
def asking(store: MlflowStore, what: str = "") -> Iterator[None]:
    """Turn MLflow's failures into ours: what is absent is ``Missing``, everything else ``Unavailable``."""
    try:
        yield
    except MlflowException as error:
        first_line = str(error).strip().splitlines()[0][:200]
        if error.error_code in _ABSENT:
            raise Missing(f"MLflow at {store.shown} has no {what or first_line}", fix="train first: `otokui train --shop SHOP`") from error
        raise Unavailable(
            f"MLflow at {store.shown} cannot do this ({first_line})",
            fix="check [stores] mlflow_uri, and that the server runs; after an upgrade of MLflow run `mlflow db upgrade URI`",
        ) from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise Unavailable(
            f"MLflow's database at {store.shown} cannot be opened ({type(error).__name__})",
            fix="check [stores] mlflow_uri (sqlite:///mlflow.db, postgresql+psycopg://… or http://…) and that the database runs",
        ) from None
    except OSError as error:
        raise Unavailable(
            f"the files of MLflow at {store.shown} cannot be read or written ({error.strerror or type(error).__name__})",
            fix="check the folder of artifacts (SHOP/mlartifacts): its rights, free space, and whether the shop was moved",
        ) from error
