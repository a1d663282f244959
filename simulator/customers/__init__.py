"""Simulated customers: traits, state, browsing, repeat purchases, churn."""
