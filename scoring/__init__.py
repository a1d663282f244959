"""Inference: vectors to predictions of five consistent models, without the training stack."""

from scoring.customer_state import loyal_now, states
from scoring.model_files.loader import Model, ModelSet, load, load_all
from scoring.model_files.manifest import Manifest
from scoring.model_files.shap import Factors, factors
from scoring.predict import predict

__all__ = ["Factors", "Manifest", "Model", "ModelSet", "factors", "load", "load_all", "loyal_now", "predict", "states"]
