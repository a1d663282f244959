"""The name of the loader in models that were registered before it moved: MLflow imports it as their flavour says."""

from adapters.model_registry.pyfunc_loader import _load_pyfunc

__all__ = ["_load_pyfunc"]
