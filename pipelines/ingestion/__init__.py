"""Ingestion of records, the data dictionary and the health check."""
