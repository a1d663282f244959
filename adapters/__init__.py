"""With what: one technology a file. Only a wiring imports an adapter, so that any of them can be exchanged."""

import os

# Read while MLflow is being imported, so it must stand before any adapter's import of it: without it every run
# reports its usage to the makers of MLflow.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
