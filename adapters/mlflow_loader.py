"""Former module path of the MLflow loader, which models registered earlier name."""

from adapters.model_registry.pyfunc_loader import _load_pyfunc

__all__ = ["_load_pyfunc"]
