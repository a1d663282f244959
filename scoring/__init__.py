"""Vectors in, predictions out: inference only, no training stack. The five models agree with one another."""

from scoring.customer_state import loyal_now, states
from scoring.model_files.loader import Model, ModelSet, load, load_all
from scoring.model_files.manifest import Manifest
from scoring.model_files.shap import Factors, factors
from scoring.predict import predict

__all__ = ["Factors", "Manifest", "Model", "ModelSet", "factors", "load", "load_all", "loyal_now", "predict", "states"]
