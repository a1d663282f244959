"""Adapters of the ports, one technology each.

Only a wiring module imports an adapter, so that any of them can be exchanged.
"""

import os

# MLflow reads the variable while it is imported, so it is set before any adapter's import of MLflow. Without it every run
# would report its usage to the makers of MLflow.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
