"""Queries over stored records, on DuckDB, on Spark and in memory."""
