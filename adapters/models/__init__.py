"""Models on disk: the registry of versions (MLflow) and the store of those that are live."""
