"""Input of records: CSV, Parquet and PostgreSQL, as rows with their source lines."""
