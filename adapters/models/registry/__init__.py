"""The model registry in MLflow: versions, aliases, runs, and how MLflow loads a model."""
