"""Loader of the MLflow flavour, under the name that registered models carry.

A registered model names its loader for good, so this module stays where it is while rooms move.
"""

from adapters.models.registry.pyfunc_loader import _load_pyfunc

__all__ = ["_load_pyfunc"]
