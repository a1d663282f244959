"""Vectors in, predictions out: inference only, no training stack. The five models agree with one another."""

from scoring.factors import Factors, factors
from scoring.manifest import Manifest
from scoring.model import Model, ModelSet, load, load_all
from scoring.predict import predict
from scoring.state import loyal_now, states

__all__ = ["Factors", "Manifest", "Model", "ModelSet", "factors", "load", "load_all", "loyal_now", "predict", "states"]
