"""Evaluation of a proposed policy against the live one, and its promotion gate."""
