"""Settings of a shop: one typed file, and its sections."""
