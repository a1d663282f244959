"""Engines that run summaries set-wise: DuckDB and Polars."""
