"""Models on disk: registry of versions (MLflow), and store of live models."""
