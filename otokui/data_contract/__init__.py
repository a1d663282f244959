"""Data contract: input tables, their columns, keys and rules, and channel names."""
