"""Ids in one canonical form, and stable hashing of them."""
