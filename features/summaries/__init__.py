"""Summaries: facts of customers, one row each, their merging, and their bytes."""
