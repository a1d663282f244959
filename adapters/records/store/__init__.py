"""The record store: batches staged, committed, versioned and laid out as Parquet."""
