"""Settings of data stores (``[stores]``): ledger, MLflow, online store, DuckDB."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section


class Stores(Section):
    """Stores of a shop; relative paths lie in the shop's folder."""

    ledger_url: str = Field(default="sqlite:///ledger.db", description="SQLAlchemy URL of the ledger: SQLite or PostgreSQL")
    mlflow_uri: str = Field(default="sqlite:///mlflow.db", description="MLflow tracking and registry URI")
    online: str = Field(
        default="snapshot", pattern="^(snapshot|feast)$", description="what the service reads: snapshot (memory map) or feast"
    )
    feast_online: str = Field(default="sqlite", description="Feast's online store: sqlite, or a Redis connection string host:port")
    memory_limit: str = Field(default="1GB", description="DuckDB's memory limit")
    threads: int = Field(default=2, ge=1, description="DuckDB's threads")
