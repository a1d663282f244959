"""Input of records: CSV, Parquet, PostgreSQL, each as rows with the line they stood on."""
