"""A shop's folder: made, filled with a sample, opened and served."""
