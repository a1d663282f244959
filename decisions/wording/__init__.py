"""Wording of decisions: columns, states, predictions and reasons in plain English and Japanese."""
