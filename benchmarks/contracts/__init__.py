"""Benchmark of contract churn: a subscriber snapshot as records, product and peers cross-validated."""
