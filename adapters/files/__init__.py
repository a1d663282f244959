"""Files that are published whole, and files that only their owner reads."""
