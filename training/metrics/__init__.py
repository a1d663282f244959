"""Metrics of predictions: proper scores, survival, bounds of sampling, plots."""
