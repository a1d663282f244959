"""Engines that compute summaries set-wise: DuckDB and Polars."""
