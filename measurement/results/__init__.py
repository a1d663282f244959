"""Measured results: lift against the control groups, and the funnel of contacts."""
