"""Naive service as peer: Feast by name, MLflow pyfunc, FastAPI, three models.

The one that most people would write.

Written as its libraries' own guides do it, and kindly: it keeps no ledger, reserves nothing, logs nothing,
explains nothing and validates with pydantic. `uvicorn benchmarks.http.naive:app`, its files in NAIVE_FOLDER.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
from fastapi import FastAPI
from feast import FeatureStore
from pydantic import BaseModel

FOLDER = Path(os.environ["NAIVE_FOLDER"])
MODELS = ("buys", "leaves", "spends")

app = FastAPI()
store = FeatureStore(repo_path=str(FOLDER / "feast"))
service = store.get_feature_service("vectors")
models = {name: mlflow.pyfunc.load_model(str(FOLDER / name)) for name in MODELS}
columns = (FOLDER / "columns.txt").read_text(encoding="utf-8").split("\n")


class Asked(BaseModel):
    """One customer."""

    customer_id: str


class Request(BaseModel):
    """A call."""

    customers: list[Asked]


@app.post("/v1/decisions")
def decisions(request: Request) -> dict[str, Any]:
    """Decide whom to contact: the most valuable of those likely to buy."""
    rows = [{"customer_id": asked.customer_id} for asked in request.customers]
    features = store.get_online_features(features=service, entity_rows=rows).to_df()
    matrix: pd.DataFrame = features[columns].astype("float64")
    told = {name: model.predict(matrix) for name, model in models.items()}
    return {
        "decisions": [
            {
                "customer_id": row["customer_id"],
                "status": "contact" if buys * spends > 100.0 and leaves < 0.9 else "no_contact",
                "p_purchase": float(buys),
                "churn_probability": float(leaves),
                "expected_spend": float(spends),
            }
            for row, buys, leaves, spends in zip(rows, told["buys"], told["leaves"], told["spends"], strict=True)
        ]
    }


@app.get("/readyz")
def ready() -> dict[str, bool]:
    """Say that it answers."""
    return {"ready": True}
