"""Evaluation of models: rolling origin, experiments, tracking, drivers of the whole base."""
